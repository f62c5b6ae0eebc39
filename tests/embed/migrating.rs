//! `MIGRATING.md`, and the table of Python's names in the documentation: every name that somebody
//! may look for has a counterpart that exists, or a reason why there is none.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What is public in tiny_http 0.12.0: types, methods, fields and variants.
const TINY_HTTP: &str = "
Server Server::http Server::https Server::http_unix Server::new Server::from_listener
Server::incoming_requests Server::server_addr Server::num_connections Server::recv
Server::recv_timeout Server::try_recv Server::unblock
IncomingRequests ServerConfig ServerConfig::addr ServerConfig::ssl
SslConfig SslConfig::certificate SslConfig::private_key
ConfigListenAddr ConfigListenAddr::IP ConfigListenAddr::Unix ConfigListenAddr::from_socket_addrs
ConfigListenAddr::unix_from_path ListenAddr ListenAddr::IP ListenAddr::Unix ListenAddr::to_ip
ListenAddr::to_unix Listener Listener::Tcp Listener::Unix
Request Request::secure Request::method Request::url Request::headers Request::http_version
Request::body_length Request::remote_addr Request::upgrade Request::as_reader
Request::into_writer Request::respond ReadWrite
Response Response::new Response::with_chunked_threshold Response::into_reader
Response::chunked_threshold Response::add_header Response::with_header
Response::with_status_code Response::with_data Response::raw_print Response::status_code
Response::data_length Response::headers Response::boxed Response::from_file
Response::from_data Response::from_string Response::empty Response::new_empty ResponseBox
Header Header::field Header::value Header::from_bytes
HeaderField HeaderField::from_bytes HeaderField::as_str HeaderField::equiv
Method Method::Get Method::Head Method::Post Method::Put Method::Delete Method::Connect
Method::Options Method::Trace Method::Patch Method::NonStandard Method::as_str
StatusCode StatusCode::default_reason_phrase HTTPVersion
TestRequest TestRequest::new TestRequest::with_body TestRequest::with_remote_addr
TestRequest::with_https TestRequest::with_method TestRequest::with_path
TestRequest::with_http_version TestRequest::with_header
";

/// What programs use of rouille 3.6.2.
const ROUILLE: &str = "
start_server start_server_with_pool Server Server::new Server::new_ssl Server::pool_size
Server::server_addr Server::run Server::poll Server::poll_timeout Server::stoppable Server::join
Request Request::method Request::url Request::raw_url Request::raw_query_string
Request::get_param Request::header Request::headers HeadersIter Request::do_not_track
Request::data RequestBody Request::remote_addr Request::is_secure Request::remove_prefix
Request::fake_http Request::fake_http_from Request::fake_https Request::fake_https_from
Response::text Response::html Response::svg Response::json Response::from_data
Response::from_file Response::redirect_301 Response::redirect_302 Response::redirect_303
Response::redirect_307 Response::redirect_308 Response::empty_204 Response::empty_400
Response::empty_404 Response::empty_406 Response::is_success Response::is_error
Response::with_status_code Response::with_additional_header Response::with_unique_header
Response::without_header Response::with_etag Response::with_etag_keep
Response::simplify_if_etag_match Response::with_content_disposition_attachment
Response::with_public_cache Response::with_private_cache Response::with_no_cache
Response::basic_http_auth_login_required ResponseBody ResponseBody::empty
ResponseBody::from_data ResponseBody::from_string ResponseBody::from_file
ResponseBody::from_reader ResponseBody::from_reader_and_size
ResponseBody::into_reader_and_size Upgrade ReadWrite match_assets extension_to_mime log
log_custom try_or_400! try_or_404! assert_or_400! router! find_route! post_input!
";

/// What is public in Python's `http.server`, 3.8 to 3.14, and in the classes that its classes have
/// their methods from.
const PYTHON: &str = "
HTTPServer ThreadingHTTPServer HTTPSServer ThreadingHTTPSServer BaseHTTPRequestHandler
SimpleHTTPRequestHandler CGIHTTPRequestHandler HTTPStatus DEFAULT_ERROR_MESSAGE
DEFAULT_ERROR_CONTENT_TYPE test
RequestHandlerClass server_address server_name server_port server_bind server_activate
server_close serve_forever handle_request handle_timeout handle_error service_actions shutdown
shutdown_request close_request process_request process_request_thread daemon_threads
block_on_close finish_request get_request verify_request fileno socket address_family
socket_type allow_reuse_address allow_reuse_port request_queue_size timeout certfile keyfile
password alpn_protocols
request client_address server setup handle finish rfile wfile connection rbufsize wbufsize
disable_nagle_algorithm close_connection requestline raw_requestline command path
request_version headers MessageClass default_request_version parse_request handle_expect_100
handle_one_request send_error send_response send_response_only send_header end_headers
flush_headers log_request log_error log_message version_string date_time_string
log_date_time_string address_string server_version sys_version error_message_format
error_content_type protocol_version weekdayname monthname responses
directory index_pages extensions_map do_GET do_HEAD send_head list_directory translate_path
copyfile guess_type extra_response_headers default_content_type
cgi_directories cgi_info do_POST have_fork is_cgi is_executable is_python run_cgi
";

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The part of a page below a heading, up to the next of its rank.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let start = page
        .find(&format!("\n## {heading}\n"))
        .expect("its heading");
    let part = &page[start + 4..];
    part.split("\n## ").next().unwrap()
}

/// The rows of all tables: what is looked for, and what is here.
fn rows(page: &str) -> impl Iterator<Item = (&str, &str)> {
    let lines = page.lines().filter(|line| line.starts_with("| `"));
    lines.map(|line| {
        let mut cells = line[2..].split(" | ");
        let name = cells.next().unwrap();
        let here = cells.next().expect("two cells").trim_end_matches(" |");
        (name, here)
    })
}

/// What stands between backquotes.
fn spans(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// What the public interface has: `Type`, `Type::member`, `function`, of any module.
fn public() -> BTreeSet<String> {
    let listing = read("tests/api.txt");
    let mut names = BTreeSet::new();
    for line in listing.lines() {
        if let Some((_, function)) = line.split_once(".rs: pub fn ") {
            names.insert(function.split(['(', '<']).next().unwrap().to_owned());
            continue;
        }
        // A type, and what is said of it; or a type, a colon more, and one of its members.
        let (module, line) = match line.strip_prefix("blocking::") {
            Some(rest) => ("blocking::", rest),
            None => ("", line),
        };
        let Some((owner, rest)) = line.split_once(':') else {
            continue;
        };
        let Some(member) = rest.strip_prefix(':') else {
            names.insert(format!("{module}{owner}"));
            continue;
        };
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let words = member.split(|c| !is_word(c));
        const AROUND: &[&str] = &["pub", "fn", "const", "mut", "doc", "hidden", ""];
        let member = words.into_iter().find(|word| !AROUND.contains(word));
        names.insert(format!("{module}{owner}::{}", member.unwrap()));
    }
    names
}

/// Whether this is to be a name of sprat's, and not a file, a field or another crate's.
fn is_ours(span: &str) -> bool {
    let is_path = span
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"_:".contains(&byte));
    let begins = span.starts_with(|c: char| c.is_ascii_uppercase());
    let is_named = begins
        || ["blocking::", "testing::", "form_"]
            .iter()
            .any(|m| span.starts_with(m));
    let is_shouted = span
        .bytes()
        .all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    is_path && is_named && !is_shouted
}

/// The complaints about a page's tables, by the public names that there are.
fn complaints(page: &str, wanted: &str, public: &BTreeSet<String>) -> Vec<String> {
    let mut found = BTreeSet::new();
    let mut complaints = Vec::new();
    for (names, here) in rows(page) {
        found.extend(spans(names));
        let counterparts: Vec<&str> = spans(here).filter(|span| is_ours(span)).collect();
        for counterpart in &counterparts {
            let name = counterpart.strip_prefix("testing::").unwrap_or(counterpart);
            if !public.contains(name) {
                complaints.push(format!("{names}: there is no {counterpart}"));
            }
        }
        let words = here
            .strip_prefix("nothing")
            .map(|why| why.split(' ').count());
        match (counterparts.is_empty(), words) {
            (true, None) => {
                complaints.push(format!("{names}: no counterpart, and no reason"));
            }
            (_, Some(words)) if words < 5 => complaints.push(format!("{names}: is this a reason?")),
            _ => {}
        }
    }
    let wanted = wanted.split_whitespace();
    let missing = wanted.filter(|name| !found.contains(name));
    complaints.extend(missing.map(|name| format!("{name}: no row")));
    complaints
}

#[test]
fn every_name_of_tiny_http_and_rouille_has_a_counterpart_or_a_reason() {
    let (page, public) = (read("MIGRATING.md"), public());
    for (heading, names) in [("From tiny_http", TINY_HTTP), ("From rouille", ROUILLE)] {
        let complaints = complaints(section(&page, heading), names, &public);
        assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    }
    let python = complaints(section(&page, "From Python's http.server"), "", &public);
    assert!(python.is_empty(), "{}", python.join("\n"));
}

#[test]
fn every_name_of_pythons_module_has_a_counterpart_or_a_reason() {
    let (page, public) = (read("src/python.md"), public());
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = BTreeSet::new();
    for (names, here) in rows(&page) {
        found.extend(names.split(|c| !is_word(c)));
        assert!(!here.trim().is_empty(), "{names}: nothing is said");
        // A type alone may be of the standard library.
        let members = spans(here).filter(|span| is_ours(span) && span.contains("::"));
        for member in members {
            assert!(public.contains(member), "{names}: there is no {member}");
        }
    }
    let names = PYTHON.split_whitespace();
    let missing: Vec<&str> = names.filter(|name| !found.contains(name)).collect();
    assert!(missing.is_empty(), "without a row: {missing:?}");
}

#[test]
fn what_is_no_counterpart_is_found() {
    let public = public();
    for name in [
        "Server",
        "Server::turn",
        "Handler::log",
        "Body::Bytes",
        "Limits::idle_time",
        "Status::OK",
        "form_pairs",
        "blocking::Server::recv",
    ] {
        assert!(public.contains(name), "{name}");
    }
    assert!(!public.contains("Server::recv"));
    let table = |here: &str| format!("| `A` | {here} |\n");
    for bad in [
        "`Server::recv`",
        "`blocking::Nothing`",
        "`Server::turn`, `Server::twist`",
        "somehow",
        "nothing",
        "nothing: sorry",
    ] {
        assert_eq!(complaints(&table(bad), "A", &public).len(), 1, "{bad}");
    }
    for good in [
        "`Server::turn`",
        "nothing: it has no meaning here, or any",
        "`blocking::Server::recv` and `examples/hello.rs`",
    ] {
        let complaints = complaints(&table(good), "A", &public);
        assert!(complaints.is_empty(), "{complaints:?}");
    }
    assert_eq!(complaints(&table("`Server`"), "A B", &public).len(), 1);
}
