//! Choices: what a conforming peer may do in one way or another. No case may fail because of one.

use std::fmt;

use super::fault::Fault;
use crate::case::Role;

macro_rules! choices {
    ($($role:ident { $($variant:ident $name:literal $does:literal)* })*) => {
        /// One way to do something that the specifications leave open.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[non_exhaustive]
        pub enum Choice { $($(#[doc = $does] $variant,)*)* }

        impl Choice {
            /// All choices: those of servers, then those of clients.
            pub const ALL: &'static [Self] = &[$($(Self::$variant,)*)*];

            /// Returns the name, in kebab-case.
            pub const fn name(self) -> &'static str {
                match self { $($(Self::$variant => $name,)*)* }
            }

            /// Returns whether it is a choice of a server or of a client.
            pub const fn role(self) -> Role {
                match self { $($(Self::$variant => Role::$role,)*)* }
            }

            /// Returns what it does, as a sentence, and which section leaves it open.
            pub const fn does(self) -> &'static str {
                match self { $($(Self::$variant => $does,)*)* }
            }
        }
    };
}

#[rustfmt::skip]
choices! {
    Server {
        FoldsUnfolded "folds-unfolded" "Replaces the fold of a value with a space (RFC 9112 §5.2)."
        CrBecomesSpace "cr-becomes-space" "Replaces CR without LF with a space (RFC 9112 §2.2)."
        NulBecomesSpace "nul-becomes-space" "Replaces NUL in values with a space (RFC 9110 §5.5)."
        LfRefused "lf-refused" "Takes CR LF alone for the end of a line (RFC 9112 §2.2)."
        EveryOrigin "every-origin" "Takes requests of pages from every origin (RFC 6455 §10.2)."
        NoSubprotocols "no-subprotocols" "Speaks no subprotocol (RFC 6455 §4.2.2)."
        NoExtensions "no-extensions" "Declines all extensions (RFC 6455 §9.1)."
        ContextNotKept "context-not-kept" "Agrees to keep no context in either direction, unasked (RFC 7692 §7.1.1)."
        SmallWindows "small-windows" "Agrees on the smallest windows that zlib can do, where the client can (RFC 7692 §7.1.2)."
        ParametersQuoted "parameters-quoted" "Writes the values of parameters in quotes (RFC 6455 §9.1)."
        EchoesUncompressed "echoes-uncompressed" "Sends messages uncompressed though compression is agreed (RFC 7692 §6)."
        EchoesInParts "echoes-in-parts" "Sends each message in two frames (RFC 6455 §5.4)."
        OtherSpelling "other-spelling" "Writes names in lower case, and more members into Connection (RFC 9110 §5.1, §7.6.1)."
        NoReason "no-reason" "Sends no reason phrase (RFC 9112 §4)."
        EarlyHints "early-hints" "Sends a 103 first (RFC 8297 §2)."
        VersionGets400 "version-gets-400" "Refuses another version of WebSocket with 400 and its list (RFC 6455 §4.2.2)."
        PageForOthers "page-for-others" "Answers requests that ask for no WebSocket with a page (RFC 9110 §7.8)."
        RefusalsChunked "refusals-chunked" "Sends the body of a refusal in chunks (RFC 9112 §7.1)."
        RefusalsUntilClose "refusals-until-close" "Ends the body of a refusal by closing (RFC 9112 §6.3)."
    }
    Client {
        RequestInOtherSpelling "request-in-other-spelling" "Writes names in lower case, and more members into Connection (RFC 9110 §5.1, §7.6.1)."
        LikeABrowser "like-a-browser" "Sends the further fields that a browser does (RFC 6455 §4.1)."
        StrictAboutLines "strict-about-lines" "Fails if a line ends in LF alone, or a name is followed by white space (RFC 9112 §2.2, §5.1)."
        SentUncompressed "sent-uncompressed" "Sends messages uncompressed though compression is agreed (RFC 7692 §6)."
        SentInParts "sent-in-parts" "Sends each message in two frames (RFC 6455 §5.4)."
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How a server or a client behaves: with a fault, or with a choice of its own, or neither.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Manner {
    /// What it does wrong.
    pub fault: Option<Fault>,
    /// What it does in another way.
    pub choice: Option<Choice>,
}

impl Manner {
    /// Returns whether it has this fault.
    pub(super) fn has(self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    /// Returns whether it makes this choice.
    pub(super) fn chooses(self, choice: Choice) -> bool {
        self.choice == Some(choice)
    }
}

impl From<Fault> for Manner {
    fn from(fault: Fault) -> Self {
        Self { fault: Some(fault), choice: None }
    }
}

impl From<Choice> for Manner {
    fn from(choice: Choice) -> Self {
        Self { fault: None, choice: Some(choice) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_sections_are_named() {
        let mut names: Vec<&str> = Choice::ALL.iter().map(|choice| choice.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Choice::ALL.len());
        for choice in Choice::ALL {
            assert!(choice.does().contains("(RFC ") && choice.does().ends_with(")."), "{choice}");
        }
    }
}
