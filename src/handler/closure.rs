//! Handlers that are one function.

use super::Handler;
use super::cx::Cx;
use super::reply::Reply;
use super::request::Request;

struct Closure<F>(F);

impl<F, R> Handler for Closure<F>
where
    F: FnMut(&Request<'_>, &mut Cx<'_>) -> R,
    R: Into<Reply>,
{
    fn handle(&mut self, req: &Request<'_>, cx: &mut Cx<'_>) -> Reply {
        (self.0)(req, cx).into()
    }
}

/// A handler that is one function, with all else as it is by default: pages of errors, no log.
///
/// ```
/// use sprat::{Builder, Response, Status};
///
/// # fn main() -> std::io::Result<()> {
/// let mut count = 0;
/// let handler = sprat::handler(move |req, _| {
///     count += 1;
///     Response::new(Status::OK).text(format!("{} is request {count}\n", req.path()))
/// });
/// let server = Builder::bind("127.0.0.1:0")?.serve(handler);
/// # Ok(())
/// # }
/// ```
pub fn handler<F, R>(answer: F) -> impl Handler
where
    F: FnMut(&Request<'_>, &mut Cx<'_>) -> R,
    R: Into<Reply>,
{
    Closure(answer)
}
