//! Who may look at the page. It commands a charger, so no site elsewhere may reach it through a browser of this machine.

use axum::http::{HeaderMap, Uri, header};
use std::net::IpAddr;

/// The word that an address has to carry, if any.
#[derive(Clone)]
pub(crate) struct Door {
    pub token: Option<String>,
}

impl Door {
    /// Names of other sites may lead to this machine; an address cannot.
    pub(crate) fn knows_host(&self, headers: &HeaderMap) -> bool {
        let Some(host) = text(headers, header::HOST) else { return false };
        let host = host.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')).map_or(host, |(host, _)| host);
        let address = host.trim_start_matches('[').trim_end_matches(']');
        self.token.is_some() || host == "localhost" || address.parse::<IpAddr>().is_ok()
    }

    /// A page speaks to the place that it came from. Programs that are no browser name no origin.
    pub(crate) fn knows_origin(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(header::ORIGIN) else { return true };
        let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
        origin.is_some_and(|(_, place)| Some(place) == text(headers, header::HOST))
    }

    pub(crate) fn knows_token(&self, uri: &Uri) -> bool {
        let Some(token) = &self.token else { return true };
        uri.query().unwrap_or_default().split('&').any(|part| part.strip_prefix("token=") == Some(token))
    }
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(all: &[(header::HeaderName, &'static str)]) -> HeaderMap {
        all.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_page_of_another_site_is_not_let_in() {
        let door = Door { token: None };
        let own = headers(&[(header::HOST, "127.0.0.1:8016"), (header::ORIGIN, "http://127.0.0.1:8016")]);
        assert!(door.knows_host(&own) && door.knows_origin(&own));
        let other = headers(&[(header::HOST, "127.0.0.1:8016"), (header::ORIGIN, "http://example.com")]);
        assert!(!door.knows_origin(&other));
        let rebound = headers(&[(header::HOST, "example.com:8016"), (header::ORIGIN, "http://example.com:8016")]);
        assert!(!door.knows_host(&rebound));
        assert!(door.knows_host(&headers(&[(header::HOST, "[::1]:8016")])));
        assert!(!door.knows_host(&HeaderMap::new()));
    }

    #[test]
    fn beyond_this_machine_the_token_is_wanted() {
        let door = Door { token: Some("abc".into()) };
        assert!(door.knows_token(&"/?token=abc".parse().unwrap()));
        assert!(!door.knows_token(&"/?token=ab".parse().unwrap()));
        assert!(!door.knows_token(&"/".parse().unwrap()));
        assert!(door.knows_host(&headers(&[(header::HOST, "simulator.lan:8016")])));
    }
}
