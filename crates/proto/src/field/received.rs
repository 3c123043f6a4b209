//! A received field line, and the fields of a message that another parser has read.

use core::fmt;

/// A received field line: the name as it was written, and the value without the white space around it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// The name. It compares without case.
    pub name: &'a [u8],
    /// The value.
    pub value: &'a [u8],
}

impl fmt::Debug for Field<'_> {
    /// Shows only the name, since values carry keys, credentials and cookies.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ..", self.name.escape_ascii())
    }
}

/// The fields of a parsed message. Implement it to validate messages that another parser has read.
///
/// The fields are visited once, in order. `line` then reads single fields, mostly those that came more than once.
pub trait Fields {
    /// Calls `visit` with every field line, in order.
    fn visit<'a>(&'a self, visit: &mut dyn FnMut(Field<'a>));

    /// Returns the value of the next line of the field `name`, which compares without case. `cursor` is 0 at the first
    /// call; later calls pass on the value that this function has left in it.
    fn line<'a>(&'a self, name: &str, cursor: &mut usize) -> Option<&'a [u8]>;
}

/// Name and value pairs, such as the raw header list of Node.js or the output of a codec's own parser.
impl<N: AsRef<[u8]>, V: AsRef<[u8]>> Fields for [(N, V)] {
    fn visit<'a>(&'a self, visit: &mut dyn FnMut(Field<'a>)) {
        for (name, value) in self {
            visit(Field { name: name.as_ref(), value: value.as_ref() });
        }
    }

    fn line<'a>(&'a self, name: &str, cursor: &mut usize) -> Option<&'a [u8]> {
        let rest = self.get(*cursor..)?;
        let found = rest.iter().position(|(n, _)| n.as_ref().eq_ignore_ascii_case(name.as_bytes()))?;
        *cursor += found + 1;
        rest.get(found).map(|(_, value)| value.as_ref())
    }
}

impl<T: Fields + ?Sized> Fields for &T {
    fn visit<'a>(&'a self, visit: &mut dyn FnMut(Field<'a>)) {
        (**self).visit(visit);
    }

    fn line<'a>(&'a self, name: &str, cursor: &mut usize) -> Option<&'a [u8]> {
        (**self).line(name, cursor)
    }
}
