use foreign_call::{FromRef, R2G, ToRef, convert::Buffer, r2g};

#[derive(R2G)]
struct User {
    name: String,
}

#[r2g]
trait Calls {
    async fn lent(user: &User) -> u8;
    #[drop_safe]
    async fn given(user: User) -> u8;
}

fn a_borrowed_async_call_is_unsafe(user: &User) {
    let _ = CallsImpl::lent(user);
}

fn a_view_does_not_outlive_its_value() {
    let mut buffer = Buffer::new(0);
    let user = User { name: String::from("short-lived") };
    let view = user.to_ref(&mut buffer.writer());
    drop(user);
    let _ = User::from_ref(&view);
}

fn a_view_does_not_outlive_its_buffer() {
    let users = vec![User { name: String::new() }];
    let mut buffer = Buffer::for_value(&users);
    let view = users.to_ref(&mut buffer.writer());
    drop(buffer);
    let _ = Vec::<User>::from_ref(&view);
}

fn main() {}
