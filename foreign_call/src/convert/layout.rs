/// Whether two structs have the same size and their fields the same places: then one can be read as
/// the other, if their fields can.
pub const fn same_layout(sizes: [usize; 2], value: &[usize], view: &[usize]) -> bool {
    let mut same = sizes[0] == sizes[1] && value.len() == view.len();
    let mut index = 0;
    while index < value.len() {
        same = same && value[index] == view[index];
        index += 1;
    }
    same
}
