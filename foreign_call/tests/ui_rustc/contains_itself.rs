use foreign_call::R2G;

#[derive(R2G)]
struct Tree {
    value: u8,
    children: Vec<Tree>,
}

fn main() {}
