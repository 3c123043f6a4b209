//! The faults: what is wrong, and which case is meant to notice it.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

use crate::case::Role;

macro_rules! faults {
    ($($role:ident { $($variant:ident $name:literal $does:literal $caught_by:literal)* })*) => {
        /// One thing that a server or a client does wrong.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[non_exhaustive]
        pub enum Fault { $($(#[doc = $does] $variant,)*)* }

        impl Fault {
            /// All faults: those of servers, then those of clients.
            pub const ALL: &'static [Self] = &[$($(Self::$variant,)*)*];

            /// Returns the name, in kebab-case.
            pub const fn name(self) -> &'static str {
                match self { $($(Self::$variant => $name,)*)* }
            }

            /// Returns whether it is a fault of a server or of a client.
            pub const fn role(self) -> Role {
                match self { $($(Self::$variant => Role::$role,)*)* }
            }

            /// Returns what it does, as a sentence.
            pub const fn does(self) -> &'static str {
                match self { $($(Self::$variant => $does,)*)* }
            }

            /// Returns the id of the case that is meant to notice it.
            pub const fn caught_by(self) -> &'static str {
                match self { $($(Self::$variant => $caught_by,)*)* }
            }
        }
    };
}

#[rustfmt::skip]
faults! {
    Server {
        // Reading the head.
        SplitHeadLost "split-head-lost" "Takes the first bytes that arrive for the whole head." "server/delivery/bytes"
        IncompleteHeadTaken "incomplete-head-taken" "Takes a head for complete when the client ends what it sends." "server/delivery/cut-short-before-empty-line"
        NoLimit "no-limit" "Reads a head however long it is." "server/flood/endless-head"
        CrEndsLine "cr-ends-line" "Takes a CR without LF for the end of a line." "server/line-ends/cr-alone-hides-key"
        ObsFoldTaken "obs-fold-taken" "Takes the further line of a folded value for a field of its own." "server/fields/fold-hides-upgrade"
        SpaceBeforeColonTaken "space-before-colon-taken" "Takes a name with white space before the colon." "server/fields/space-before-colon"
        FieldNamesUnchecked "field-names-unchecked" "Takes lines whose names are no tokens." "server/fields/space-in-name"
        ControlCharactersTrimmed "control-characters-trimmed" "Takes control characters around a value for white space." "server/fields/vertical-tab-around-value"
        TargetUnchecked "target-unchecked" "Takes a target with a fragment or any other character." "server/target/fragment"
        HostOptional "host-optional" "Takes a request without Host." "server/host/missing"
        TwoHosts "two-hosts" "Takes a request with two lines of Host." "server/host/two-different"
        HostUnchecked "host-unchecked" "Takes any value of Host." "server/host/two-words"
        LengthUnchecked "length-unchecked" "Takes a Content-Length that is no number." "server/framing/content-length-letters"
        FramedTwiceTaken "framed-twice-taken" "Takes Content-Length beside Transfer-Encoding." "server/framing/coding-and-length"
        BodyTaken "body-taken" "Takes a request that announces a body, and reads the body as frames." "server/framing/content-length-body"
        Http10Taken "http10-taken" "Upgrades a request of HTTP/1.0." "server/http-version/1-0"
        MethodAny "method-any" "Upgrades a request of any method." "server/method/post"
        // The fields of the handshake.
        UpgradeSubstring "upgrade-substring" "Takes an Upgrade that has websocket somewhere in its text." "server/upgrade/longer"
        UpgradeUnchecked "upgrade-unchecked" "Upgrades whatever Upgrade says." "server/upgrade/missing"
        UpgradeCaseSensitive "upgrade-case-sensitive" "Takes only an Upgrade in lower case." "server/upgrade/mixed-case"
        ConnectionSubstring "connection-substring" "Takes a Connection that has upgrade somewhere in its text." "server/connection/substring"
        ConnectionWhole "connection-whole" "Compares all of Connection, and takes no list." "server/connection/list-last"
        FirstLineOnly "first-line-only" "Reads only the first line of a list-based field." "server/connection/two-lines"
        KeyUnchecked "key-unchecked" "Takes a key that is not the base64 of 16 bytes." "server/key/15-bytes"
        KeyOptional "key-optional" "Takes a request without a key." "server/key/missing"
        KeyTwiceTaken "key-twice-taken" "Takes a request with two keys." "server/key/two-different"
        VersionUnchecked "version-unchecked" "Takes every version of WebSocket." "server/version/14"
        VersionWithoutList "version-without-list" "Refuses another version without saying which it knows." "server/version/8"
        OriginPrefix "origin-prefix" "Takes an origin that begins with its own." "server/origin/prefix"
        OriginFirstLineOnly "origin-first-line-only" "Reads only the first line of Origin." "server/origin/second-line"
        // The answer.
        AcceptConstant "accept-constant" "Answers every key with the accept value of the specification's example." "server/key/all-zero"
        AcceptCaseFolded "accept-case-folded" "Sends the accept value in lower case." "server/key/sample"
        AcceptOfNonce "accept-of-nonce" "Hashes the decoded key." "server/key/sample"
        AnswerHttp10 "answer-http10" "Answers with HTTP/1.0 101." "server/request-line/good"
        AnswerWithLength "answer-with-length" "Sends Content-Length with the 101." "server/request-line/good"
        AnswerOk "answer-ok" "Answers with 200 and all fields of a 101." "server/request-line/good"
        NoConnection "no-connection" "Sends no Connection with the 101." "server/request-line/good"
        NoAnswer "no-answer" "Closes the connection where a refusal is due." "server/key/missing"
        NeverAnswers "never-answers" "Says nothing where a refusal is due." "server/key/missing"
        RefusalTruncated "refusal-truncated" "Sends less of a refusal's body than its Content-Length says." "server/key/missing"
        // What is agreed.
        SubprotocolUnasked "subprotocol-unasked" "Names a subprotocol to every client." "server/subprotocol/none-offered"
        SubprotocolPrefix "subprotocol-prefix" "Takes an offered subprotocol for its own that only begins alike." "server/subprotocol/part-of-a-name"
        SubprotocolCaseFolded "subprotocol-case-folded" "Compares subprotocols without case." "server/subprotocol/upper-case"
        SubprotocolListEchoed "subprotocol-list-echoed" "Sends the whole list of offered subprotocols back." "server/subprotocol/unknown-list"
        SubprotocolsUnchecked "subprotocols-unchecked" "Takes a list of subprotocols that are no tokens." "server/subprotocol/two-words"
        ExtensionUnasked "extension-unasked" "Agrees on permessage-deflate with every client." "server/request-line/good"
        ExtensionsEchoed "extensions-echoed" "Sends the list of offered extensions back." "server/extensions/unknown"
        ExtensionsUnchecked "extensions-unchecked" "Ignores a list of extensions that breaks the grammar." "server/extensions/no-value"
        QuotedCommaSplits "quoted-comma-splits" "Splits a list of extensions at every comma, also within quotes." "server/extensions/comma-in-quotes"
        DuplicateParametersTaken "duplicate-parameters-taken" "Accepts an offer that has a parameter twice." "server/deflate/server-no-context-twice"
        UnknownParametersTaken "unknown-parameters-taken" "Accepts an offer with a parameter that it does not know." "server/deflate/unknown-parameter"
        ParameterValuesUnchecked "parameter-values-unchecked" "Accepts an offer with a value out of range." "server/deflate/server-window-value-16"
        InvalidOfferIsFatal "invalid-offer-is-fatal" "Refuses a request with an offer that it can't accept." "server/deflate/unknown-parameter"
        FallbackIgnored "fallback-ignored" "Looks only at the first offer of permessage-deflate." "server/deflate/fallback-is-taken"
        ServerWindowUnanswered "server-window-unanswered" "Does not say which window it uses where one was asked for." "server/deflate/server-window-10"
        ServerWindowIgnored "server-window-ignored" "Compresses with the largest window whatever was agreed." "server/deflate/server-window-10"
        ServerContextKept "server-context-kept" "Keeps its context though it agreed not to." "server/deflate/server-no-context"
        ClientWindowUnasked "client-window-unasked" "Limits the window of a client that did not offer it." "server/deflate/no-parameters"
        ClientContextLost "client-context-lost" "Inflates each message without those before it." "server/deflate/no-parameters"
        DeflatePromised "deflate-promised" "Agrees on permessage-deflate, and can't inflate." "server/deflate/no-parameters"
        // The bytes behind the head.
        EarlyBytesLost "early-bytes-lost" "Drops what came with the head." "server/early/text"
        FramesMasked "frames-masked" "Masks its frames." "server/request-line/good"
        RefusedAndGoesOn "refused-and-goes-on" "Answers the request behind a refused one, though it said close." "server/pipelining/handshake-behind-refused"
    }
    Client {
        // Its request.
        KeyConstant "key-constant" "Sends the same key each time." "client/request/key-fresh"
        KeyShort "key-short" "Sends the base64 of eight bytes as its key." "client/request/key-length"
        VersionMissing "version-missing" "Sends no version of WebSocket." "client/request/version-present"
        HostWithoutPort "host-without-port" "Leaves the port out of Host." "client/request/host-of-url"
        HostMissing "host-missing" "Sends no Host." "client/request/host-present"
        TextsUnchecked "texts-unchecked" "Writes the texts that it is asked for into its request as they are." "client/request/subprotocol-with-line-end"
        FragmentSent "fragment-sent" "Sends the fragment of the URL." "client/request/target-without-fragment"
        LfLines "lf-lines" "Ends its lines with LF alone." "client/request/line-ends"
        FrameBeforeResponse "frame-before-response" "Sends a frame before it is answered." "client/request/nothing-before-the-response"
        // Reading the response.
        ResponseSplitLost "response-split-lost" "Takes the first bytes that arrive for the whole response." "client/delivery/byte-by-byte"
        InterimFatal "interim-fatal" "Fails at an interim response." "client/interim/103"
        NamesCaseSensitive "names-case-sensitive" "Knows fields only as they are usually written." "client/accept/name-lower-case"
        StatusUnchecked "status-unchecked" "Takes every status with the fields of a 101 for one." "client/refusal/200-with-every-field"
        StatusAny1xx "status-any-1xx" "Takes every 1xx for a 101." "client/interim/100-with-every-field-and-frame"
        RedirectAsEstablished "redirect-as-established" "Takes a redirect for a 101." "client/refusal/302"
        ResponseHttp10Taken "response-http10-taken" "Takes a 101 of HTTP/1.0." "client/status-line/http-1-0"
        BareCrEndsLine "bare-cr-ends-line" "Takes a CR without LF for the end of a line." "client/fields/bare-cr-in-value"
        ResponseBodySkipped "response-body-skipped" "Takes the bytes behind a 101 for its content, if it announces some." "client/fields/content-length"
        // Checking it.
        ResponseUpgradeUnchecked "response-upgrade-unchecked" "Takes every Upgrade, or none." "client/upgrade/missing"
        ResponseUpgradeSubstring "response-upgrade-substring" "Takes an Upgrade that has websocket somewhere in its text." "client/upgrade/suffix"
        ResponseConnectionUnchecked "response-connection-unchecked" "Takes every Connection, or none." "client/connection/missing"
        ResponseConnectionSubstring "response-connection-substring" "Takes a Connection that has upgrade somewhere in its text." "client/connection/suffix"
        ConnectionListRefused "connection-list-refused" "Compares all of Connection, and takes no list." "client/connection/list-last"
        AcceptUnchecked "accept-unchecked" "Takes every accept value." "client/accept/another-key"
        AcceptOptional "accept-optional" "Takes a response without an accept value." "client/accept/missing"
        AcceptComparedWithoutCase "accept-compared-without-case" "Compares accept values without case." "client/accept/lower-case"
        AcceptPrefix "accept-prefix" "Takes an accept value with something behind it." "client/accept/byte-behind"
        AcceptTwiceTaken "accept-twice-taken" "Takes two lines with accept values." "client/accept/twice-last-wrong"
        SubprotocolUnchecked "subprotocol-unchecked" "Takes every subprotocol." "client/subprotocol/not-offered"
        SubprotocolComparedWithoutCase "subprotocol-compared-without-case" "Compares subprotocols without case." "client/subprotocol/another-case"
        ExtensionUnchecked "extension-unchecked" "Takes extensions that it did not offer." "client/extension/unasked"
        ResponseParametersUnchecked "response-parameters-unchecked" "Takes every parameter of permessage-deflate." "client/deflate/unknown-parameter"
        // The bytes behind the head.
        EarlyFramesLost "early-frames-lost" "Drops what came with the response." "client/early/text"
        FramesUnmasked "frames-unmasked" "Does not mask its frames." "client/status-line/base"
        ClientWindowIgnored "client-window-ignored" "Compresses with the largest window whatever was agreed." "client/deflate/client-window-12"
        ClientContextKept "client-context-kept" "Keeps its context though the server asked it not to." "client/deflate/client-no-context-takeover"
        ServerContextLost "server-context-lost" "Inflates each message without those before it." "client/deflate/plain"
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(name: &str) -> Result<Self, UnknownFault> {
        Self::ALL.iter().copied().find(|fault| fault.name() == name).ok_or(UnknownFault)
    }
}

/// The error for a name that no fault has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownFault;

impl fmt::Display for UnknownFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is no fault of this name")
    }
}

impl Error for UnknownFault {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        let mut names: Vec<&str> = Fault::ALL.iter().map(|fault| fault.name()).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        for &fault in Fault::ALL {
            assert_eq!(fault.name().parse(), Ok(fault));
            assert!(fault.does().ends_with('.'), "{fault}");
        }
        assert_eq!("".parse::<Fault>(), Err(UnknownFault));
    }
}
