//! A bar chart for each case and metric, as SVG.

use std::error::Error;
use std::fs;
use std::path::Path;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::harness::Figure;

const WIDTH: u32 = 760;
const BAR: u32 = 26;
const NAMES: i32 = 250;
const HEAD: i32 = 48;

/// Draws all figures into `directory`, a file for each case and metric, and says which.
pub fn draw(figures: &[Figure], directory: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(directory)?;
    let mut drawn = Vec::new();
    for figure in figures {
        let chart = (figure.group, figure.case.as_str(), figure.metric);
        if drawn.contains(&chart) {
            continue;
        }
        drawn.push(chart);
        let bars: Vec<_> =
            figures.iter().filter(|f| (f.group, f.case.as_str(), f.metric) == chart).collect();
        let (group, case, metric) = chart;
        let path =
            directory.join(format!("{}.svg", file_name(&format!("{group} {case} {metric}"))));
        draw_bars(&path, &format!("{group}: {case}, {metric}"), &bars)?;
        println!("drawn: {}", path.display());
    }
    Ok(())
}

fn file_name(title: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let name: String = title.chars().map(letter).collect();
    name.split('_').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("_")
}

fn draw_bars(path: &Path, title: &str, bars: &[&Figure]) -> Result<(), Box<dyn Error>> {
    let height = HEAD as u32 + BAR * bars.len() as u32 + 12;
    let area = SVGBackend::new(path, (WIDTH, height)).into_drawing_area();
    area.fill(&WHITE)?;
    let text = |size: u32| ("sans-serif", size).into_font().color(&BLACK);
    area.draw_text(title, &text(17), (12, 14))?;
    let longest = bars.iter().map(|bar| bar.value).fold(f64::MIN_POSITIVE, f64::max);
    let room = f64::from(WIDTH as i32 - NAMES - 90);
    for (row, bar) in bars.iter().enumerate() {
        let top = HEAD + (BAR as usize * row) as i32;
        let end = NAMES + (bar.value / longest * room).round().max(1.0) as i32;
        let ours = bar.subject.starts_with("callback_bridge");
        let colour = if ours { RGBColor(196, 78, 32) } else { RGBColor(120, 140, 165) };
        let bar_area = [(NAMES, top + 4), (end, top + BAR as i32 - 4)];
        area.draw(&Rectangle::new(bar_area, colour.filled()))?;
        let middle = top + BAR as i32 / 2;
        let right = text(14).pos(Pos::new(HPos::Right, VPos::Center));
        let left = text(14).pos(Pos::new(HPos::Left, VPos::Center));
        area.draw_text(bar.subject, &right, (NAMES - 8, middle))?;
        area.draw_text(&format!("{:.1}", bar.value), &left, (end + 6, middle))?;
    }
    area.present()?;
    Ok(())
}
