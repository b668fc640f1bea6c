//! Charts as SVG: one for all cases whose names are the same up to the first comma, with a panel for
//! each of them and for each metric.

use std::error::Error;
use std::fs;
use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::harness::Figure;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// One picture, and one table of the page.
pub struct Chart<'a> {
    pub group: &'static str,
    /// What the cases have in common.
    pub title: &'a str,
    pub panels: Vec<Panel<'a>>,
}

/// One case and metric.
pub struct Panel<'a> {
    /// The rest of the case's name.
    pub case: &'a str,
    pub metric: &'static str,
    pub bars: Vec<&'a Figure>,
    /// A p99 is no panel of its own, but a mark beside the bar of its p50.
    pub marks: Vec<&'a Figure>,
}

impl<'a> Chart<'a> {
    /// The charts of these figures, in their order.
    pub fn of(figures: &'a [Figure]) -> Vec<Chart<'a>> {
        let mut charts: Vec<Chart> = Vec::new();
        for figure in figures {
            let (title, case) = figure.case.split_once(", ").unwrap_or((&figure.case, ""));
            let same = |chart: &Chart| chart.group == figure.group && chart.title == title;
            let index = charts.iter().position(same).unwrap_or_else(|| {
                charts.push(Chart { group: figure.group, title, panels: Vec::new() });
                charts.len() - 1
            });
            let panels = &mut charts[index].panels;
            if figure.metric.contains("p99") {
                let of_case = panels.iter_mut().find(|panel| panel.case == case);
                of_case.expect("the p50 comes first").marks.push(figure);
                continue;
            }
            let same = |panel: &Panel| panel.case == case && panel.metric == figure.metric;
            let index = panels.iter().position(same).unwrap_or_else(|| {
                let metric = figure.metric;
                panels.push(Panel { case, metric, bars: Vec::new(), marks: Vec::new() });
                panels.len() - 1
            });
            panels[index].bars.push(figure);
        }
        charts
    }

    pub fn file_name(&self) -> String {
        let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
        let name: String = format!("{} {}", self.group, self.title).chars().map(letter).collect();
        let words: Vec<_> = name.split('_').filter(|word| !word.is_empty()).collect();
        format!("{}.svg", words.join("_"))
    }
}

impl Panel<'_> {
    pub fn title(&self) -> String {
        let comma = if self.case.is_empty() { "" } else { ", " };
        format!("{}{comma}{}", self.case, self.metric)
    }

    pub fn mark_of(&self, subject: &str) -> Option<f64> {
        self.marks.iter().find(|mark| mark.subject == subject).map(|mark| mark.value)
    }

    /// What nobody can be faster than.
    fn limit(&self) -> Option<&Figure> {
        self.bars.iter().find(|bar| is_limit(bar.subject)).copied()
    }
}

pub fn is_limit(subject: &str) -> bool {
    subject.ends_with(", the limit")
}

pub fn is_ours(subject: &str) -> bool {
    ["callback_bridge", "foreign_call"].iter().any(|library| subject.starts_with(library))
}

/// With three digits at least, but for what is small.
pub fn number(value: f64) -> String {
    match value {
        ..0.0 | 0.0 => format!("{value:.1}"),
        ..0.1 => format!("{value:.4}"),
        ..99.95 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

const WIDTH: i32 = 820;
/// Where the bars begin, right of the names, and where the longest one ends.
const LEFT: i32 = 225;
const RIGHT: i32 = WIDTH - 120;
const HEAD: i32 = 58;
const PANEL_HEAD: i32 = 26;
const ROW: i32 = 20;
const AXIS: i32 = 34;

// Opaque, so that it reads alike on a white page and on a dark one.
const PAPER: RGBColor = RGBColor(255, 255, 255);
const INK: RGBColor = RGBColor(31, 35, 40);
const FAINT: RGBColor = RGBColor(208, 215, 222);
const OURS: RGBColor = RGBColor(196, 78, 32);
const PEERS: RGBColor = RGBColor(138, 155, 176);
const LIMIT: RGBColor = RGBColor(26, 127, 55);

/// Draws the charts into `directory`, and says where they are.
pub fn draw(charts: &[Chart], directory: &Path, quick: bool) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(directory)?;
    for chart in charts {
        let path = directory.join(chart.file_name());
        draw_chart(&path, chart, quick)?;
        println!("drawn: {}", path.display());
    }
    Ok(())
}

fn draw_chart(path: &Path, chart: &Chart, quick: bool) -> Result<(), Box<dyn Error>> {
    let height_of = |panel: &Panel| PANEL_HEAD + ROW * rows(panel).len() as i32 + AXIS;
    let height = HEAD + chart.panels.iter().map(height_of).sum::<i32>() + 10;
    let area = SVGBackend::new(path, (WIDTH as u32, height as u32)).into_drawing_area();
    area.fill(&PAPER)?;
    let frame = [(0, 0), (WIDTH - 1, height - 1)];
    area.draw(&Rectangle::new(frame, FAINT.stroke_width(1)))?;
    let warning = if quick { " (a quick run: its times say nothing)" } else { "" };
    let title = format!("{}: {}{warning}", chart.group, chart.title);
    write(&area, &title, (14, 20), 18, HPos::Left, INK)?;
    draw_legend(&area, chart)?;
    let mut top = HEAD;
    for panel in &chart.panels {
        draw_panel(&area, panel, top)?;
        top += height_of(panel);
    }
    area.present()?;
    Ok(())
}

fn draw_legend(area: &Area, chart: &Chart) -> Result<(), Box<dyn Error>> {
    let square = |left: i32, colour: RGBColor| {
        area.draw(&Rectangle::new([(left, 37), (left + 12, 49)], colour.filled()))
    };
    square(14, OURS)?;
    let ours = match chart.group {
        "foreign" | "ring" => "foreign_call",
        _ => "callback_bridge",
    };
    write(area, ours, (31, 43), 13, HPos::Left, INK)?;
    square(150, PEERS)?;
    write(area, "peers", (167, 43), 13, HPos::Left, INK)?;
    let mut left = 225;
    if chart.panels.iter().any(|panel| panel.limit().is_some()) {
        area.draw(&PathElement::new([(left, 43), (left + 14, 43)], LIMIT.stroke_width(2)))?;
        write(area, "the limit", (left + 19, 43), 13, HPos::Left, INK)?;
        left += 95;
    }
    if chart.panels.iter().any(|panel| !panel.marks.is_empty()) {
        area.draw(&PathElement::new([(left, 37), (left, 49)], INK.stroke_width(2)))?;
        write(area, "p99", (left + 7, 43), 13, HPos::Left, INK)?;
        left += 55;
    }
    write(area, "shorter is better", (left, 43), 13, HPos::Left, INK)
}

/// The bars: all but the limit, the shortest first.
fn rows<'a>(panel: &Panel<'a>) -> Vec<&'a Figure> {
    let mut rows: Vec<_> =
        panel.bars.iter().copied().filter(|bar| !is_limit(bar.subject)).collect();
    rows.sort_by(|one, other| one.value.total_cmp(&other.value));
    rows
}

fn draw_panel(area: &Area, panel: &Panel, top: i32) -> Result<(), Box<dyn Error>> {
    let rows = rows(panel);
    let (first, bottom) = (top + PANEL_HEAD, top + PANEL_HEAD + ROW * rows.len() as i32);
    write(area, panel.case, (14, top + 13), 14, HPos::Left, INK)?;

    let shown = panel.bars.iter().chain(&panel.marks).map(|figure| figure.value);
    let scale = Scale::of(shown);
    for tick in scale.ticks() {
        let x = scale.x(tick);
        area.draw(&PathElement::new([(x, first), (x, bottom + 4)], FAINT.stroke_width(1)))?;
        write(area, &short(tick), (x, bottom + 11), 12, HPos::Center, INK)?;
    }
    let unit = if scale.logarithmic { ", logarithmic" } else { "" };
    let unit = format!("{}{unit}", panel.metric);
    write(area, &unit, (LEFT, bottom + 25), 12, HPos::Left, INK)?;

    for (row, bar) in rows.into_iter().enumerate() {
        let (above, middle) = (first + ROW * row as i32, first + ROW * row as i32 + ROW / 2);
        let mut end = scale.x(bar.value).max(LEFT + 1);
        let colour = if is_ours(bar.subject) { OURS } else { PEERS };
        let corners = [(LEFT, above + 3), (end, above + ROW - 3)];
        area.draw(&Rectangle::new(corners, colour.filled()))?;
        write(area, bar.subject, (LEFT - 7, middle), 13, HPos::Right, INK)?;
        let mut value = number(bar.value);
        if let Some(mark) = panel.mark_of(bar.subject) {
            let x = scale.x(mark);
            area.draw(&PathElement::new(
                [(x, above + 2), (x, above + ROW - 2)],
                INK.stroke_width(2),
            ))?;
            end = end.max(x);
            value = format!("{value} (p99 {})", number(mark));
        }
        write(area, &value, (end + 6, middle), 12, HPos::Left, INK)?;
    }
    if let Some(limit) = panel.limit() {
        let x = scale.x(limit.value);
        area.draw(&PathElement::new([(x, first - 4), (x, bottom)], LIMIT.stroke_width(2)))?;
        let name = limit.subject.trim_end_matches(", the limit");
        let text = format!("{name} {}", number(limit.value));
        write(area, &text, (x, top + 13), 12, HPos::Left, LIMIT)?;
    }
    Ok(())
}

fn write(
    area: &Area,
    text: &str,
    at: (i32, i32),
    size: u32,
    side: HPos,
    colour: RGBColor,
) -> Result<(), Box<dyn Error>> {
    let font = ("sans-serif", size).into_font().color(&colour);
    area.draw_text(text, &font.pos(Pos::new(side, VPos::Center)), at)?;
    Ok(())
}

/// Where values lie. Logarithmic where the largest is more than 20 times the smallest.
struct Scale {
    logarithmic: bool,
    low: f64,
    high: f64,
}

impl Scale {
    fn of(values: impl Iterator<Item = f64>) -> Scale {
        let (mut lowest, mut high) = (f64::INFINITY, f64::MIN_POSITIVE);
        for value in values.filter(|&value| value > 0.0) {
            (lowest, high) = (lowest.min(value), high.max(value));
        }
        let logarithmic = lowest.is_finite() && high > 20.0 * lowest;
        // A bar's length means nothing there, so it begins at the next power of ten.
        let low = if logarithmic { 10_f64.powf(lowest.log10().ceil() - 1.0) } else { 0.0 };
        Scale { logarithmic, low, high }
    }

    fn x(&self, value: f64) -> i32 {
        let share = if self.logarithmic {
            (value.max(self.low) / self.low).log10() / (self.high / self.low).log10()
        } else {
            value / self.high
        };
        LEFT + (share * f64::from(RIGHT - LEFT)).round() as i32
    }

    fn ticks(&self) -> Vec<f64> {
        if self.logarithmic {
            let powers = std::iter::successors(Some(self.low), |tick| Some(tick * 10.0));
            return powers.take_while(|&tick| tick <= self.high).collect();
        }
        // 1, 2 or 5 times a power of ten, so that there are at most five.
        let power = 10_f64.powf((self.high / 5.0).log10().floor());
        let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * power);
        let step = steps.into_iter().find(|step| self.high / step <= 5.0).unwrap_or(self.high);
        (0..=5).map(|tick| f64::from(tick) * step).take_while(|&tick| tick <= self.high).collect()
    }
}

/// A tick's number without zeros that say nothing.
fn short(tick: f64) -> String {
    let text = format!("{tick:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
