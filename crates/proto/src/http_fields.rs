//! The fields of the `http` crate, for both roles.

use http::HeaderMap;

use crate::field::{Field, Fields};

impl Fields for HeaderMap {
    fn visit<'a>(&'a self, visit: &mut dyn FnMut(Field<'a>)) {
        for (name, value) in self {
            visit(Field { name: name.as_str().as_bytes(), value: value.as_bytes() });
        }
    }

    fn line<'a>(&'a self, name: &str, cursor: &mut usize) -> Option<&'a [u8]> {
        // Starts from the first value every time. The cost is bounded, since parsers limit the fields (hyper: 100 in
        // all).
        let value = self.get_all(name).iter().nth(*cursor)?;
        *cursor += 1;
        Some(value.as_bytes())
    }
}
