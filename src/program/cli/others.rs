//! What the options of other servers are called here.

use Meaning::{Address, AddressOr, Directory, Phrase, Port};

/// What an unknown name means, and where its value goes.
pub enum Meaning {
    /// The port.
    Port,
    /// The address.
    Address,
    /// The directory.
    Directory,
    /// The address if its value has a port, else what the phrase says.
    AddressOr(&'static str),
    /// Something else, which the phrase says all about.
    Phrase(&'static str),
}

/// What to do about TLS.
pub const NO_TLS: &str = "there is no TLS here: put a proxy in front, and type sprat -b localhost";
/// What to do about all addresses.
pub const EVERYWHERE: &str = "for all addresses leave -b out: sprat";

const PORT: &str = "--port --listen-port --http-port -P";
const ADDRESS: &str =
    "--host --hostname --address --addr --interface --ip --listen --listen-address -a -i -l";
const DIRECTORY: &str = "--root --path --folder --docroot --document-root --web-root --webroot \
     --www --public --base --base-dir --serve -r -t -w -C -D";

/// Names of other servers (http-server, serve, miniserve, darkhttpd, php, busybox httpd, ruby,
/// caddy), and of Python 3.14, with spaces between them. In lists of their own they would take 40
/// bytes more each, and an address to relocate whenever the program starts.
const OTHERS: &[(&str, Meaning)] = &[
    (PORT, Port),
    (ADDRESS, Address),
    (DIRECTORY, Directory),
    (
        "-v --verbose --debug --log-level",
        Phrase("requests are logged anyway; the version is -V/--version: sprat -V"),
    ),
    (
        "-log --logfile --access-log --access-logfile",
        Phrase("the log goes to stderr, or to a file: sprat --log-file access.log"),
    ),
    (
        "-m --module",
        Phrase("sprat is a program of its own: sprat 8000"),
    ),
    (
        "--no-cgi",
        Phrase("scripts are run with --cgi only: leave it out"),
    ),
    (
        "--silent --no-log --no-logging --no-request-logging -s",
        Phrase("that is -q/--quiet: sprat --quiet"),
    ),
    (
        "--cors-origin --cors-origins --allow-origin --access-control-allow-origin \
         --enable-cors",
        Phrase("type sprat --cors, or --cors=https://example.org for one origin"),
    ),
    (
        "--no-cors",
        Phrase("other origins can read nothing unless --cors is given: leave it out"),
    ),
    (
        "--coop --coep --corp --cross-origin-isolation --cross-origin-isolated --wasm \
         --sharedarraybuffer",
        Phrase("type sprat --isolate"),
    ),
    (
        "--allowed-host --allowed-hosts --vhost --virtual-host --server-name --host-header",
        Phrase("type sprat --allow-host example.org"),
    ),
    (
        "--mime-types --mimetypes --mime-file --types-file --mimetypes-file",
        Phrase("type sprat --types /etc/mime.types"),
    ),
    (
        "--headers --header-file --rule",
        Phrase("a field of some files: sprat --header-for '/assets/**/*' NAME VALUE"),
    ),
    (
        "--cache --no-cache --cache-control --max-age --expires --ttl -c-1",
        Phrase("it is a field: sprat -H Cache-Control no-cache"),
    ),
    (
        "--ssl --tls --https --cert --tls-cert --key --tls-key --tls-password-file \
         --certfile --keyfile --ssl-cert --ssl-key --pem -K",
        Phrase(NO_TLS),
    ),
    // TLS for http-server, an address for php.
    ("-S", AddressOr(NO_TLS)),
    (
        "--bind-all --any --lan --expose --external",
        Phrase(EVERYWHERE),
    ),
    (
        "--gzip --brotli --compress --compression --compress-response --no-compression \
         --deflate -g -z",
        Phrase("nothing is compressed here: leave it out"),
    ),
    (
        "--auth --basic-auth --username --password --htpasswd --realm",
        Phrase(
            "no passwords are asked for here: put a proxy in front, and type sprat -b localhost",
        ),
    ),
    (
        "--upload --upload-files --put --webdav --enable-webdav --mkdir -u",
        Phrase("nothing is uploaded here, except to scripts: leave it out"),
    ),
    (
        "--daemon --daemonize --background --fork",
        Phrase("it stays in the foreground: sprat &"),
    ),
    (
        "--foreground -f",
        Phrase("it is in the foreground anyway: sprat"),
    ),
    (
        "--open --browser --no-browser -o",
        Phrase("it opens no browser: leave it out, and take the URL of the startup line"),
    ),
    (
        "--single --rewrite --fallback --history-fallback --history-api-fallback \
         --entry-file --push-state --pushstate",
        Phrase("type sprat --spa, or --spa=FILE for another page than /index.html"),
    ),
    (
        "--follow --follow-symlinks --follow-links -L",
        Phrase("type sprat --symlinks follow"),
    ),
    (
        "--no-symlinks --no-follow --no-follow-symlinks",
        Phrase("type sprat --symlinks never"),
    ),
    (
        "--no-index --no-dirlist --no-dir-listing --no-dir-list --no-autoindex \
         --disable-indexing",
        Phrase("type sprat --no-listing"),
    ),
    (
        "--connections-per-ip --max-connections-per-ip --max-per-ip --per-ip --limit-conn \
         --limit-connections --conn-limit --max-connections-per-peer",
        Phrase("type sprat --per-peer N: connections of one address at once"),
    ),
    (
        "--limit-req --rate-limit --ratelimit --throttle --max-rate",
        Phrase(
            "requests are not counted by time; what one address takes at once is: \
             sprat --per-peer 32, and --cgi-max-per-peer 4 with --cgi",
        ),
    ),
    ("--ipv4 --inet", Phrase("type sprat -b 0.0.0.0")),
    ("--ipv6 --inet6", Phrase("type sprat -b ::")),
    (
        "--workers --threads --jobs --cores --cpus --cluster --instances --worker-processes -j",
        Phrase("type sprat --processes auto: one for each core"),
    ),
    (
        "--config --conf -c",
        Phrase("there is no configuration file; sprat --help lists the options"),
    ),
    ("--usage -?", Phrase("did you mean --help?")),
    (
        "--group --uid --gid --chuser --setuid -U",
        Phrase("type sprat --user NAME or --user NAME:GROUP; numbers will do"),
    ),
    ("--jail", Phrase("type sprat --chroot --user NAME")),
    (
        "--landlock --seccomp --pledge --unveil --no-new-privs --no-new-privileges",
        Phrase("the kernel refuses what it can anyway; to have it all: sprat --sandbox on"),
    ),
    ("--no-sandbox", Phrase("type sprat --sandbox off")),
    (
        "--pid --pidfile --pid-file",
        Phrase("a shell has the process ID in $!: sprat & echo $! >sprat.pid"),
    ),
    (
        "--exit-idle-time --idle-exit --exit-on-idle --auto-exit",
        Phrase("type sprat --exit-when-idle 600"),
    ),
    (
        "--one-shot --oneshot --single-shot --single-use --exit-after-download",
        Phrase("type sprat --once -d FILE"),
    ),
    (
        "--keep-alive --keepalive --keep-alive-timeout",
        Phrase("did you mean --idle-timeout?"),
    ),
    (
        "--no-keep-alive --no-keepalive",
        Phrase("to close after each response: sprat -p HTTP/1.0"),
    ),
    (
        "--default-type --default-mimetype --media-type",
        Phrase("did you mean --content-type?"),
    ),
    (
        "--hidden --show-hidden --dotfiles --with-dotfiles",
        Phrase("names that begin with a dot are served and listed, as by Python: leave it out"),
    ),
    (
        "--no-dotfiles --ignore-dotfiles --ignore-hidden --hide-hidden --no-hidden",
        Phrase("type sprat --hide-dotfiles"),
    ),
    (
        "--zip --tar --enable-zip --enable-tar --enable-tar-gz",
        Phrase("no archives are made here; aria2c and wget -r fetch many files"),
    ),
    (
        "--qrcode --qr --title --theme --color-scheme",
        Phrase("a listing has one look, light and dark: leave it out, or write an index.html"),
    ),
    (
        "--dirs-first --sort --sort-by",
        Phrase("a listing is sorted by its own buttons, or by its address: ?dirs=first"),
    ),
    (
        "--proxy-pass --reverse-proxy --upstream",
        Phrase("nothing is passed on to other servers: leave it out"),
    ),
    (
        "--proxy-headers --forwarded-allow-ips --real-ip --real-ip-header --set-real-ip-from",
        Phrase("type sprat --trusted-proxy with the proxy's address, such as 10.0.0.0/8"),
    ),
    (
        "--accept-proxy --send-proxy --haproxy-protocol --use-proxy-protocol",
        Phrase("type sprat --trusted-proxy 10.0.0.0/8 --proxy-protocol, with the proxy's address"),
    ),
    (
        "--404 --404-page --page404 --error-page --error-document --notfound",
        Phrase("type sprat --not-found 404.html"),
    ),
    (
        "--unix --socket --unix-socket --uds",
        Phrase("type sprat -b unix:PATH"),
    ),
    (
        "--watch --reload --live --livereload --live-reload --no-reload",
        Phrase("files are read anew for each request, but no page is reloaded: leave it out"),
    ),
    (
        "--ext --pretty-urls --cleanurls --html-extension -e",
        Phrase("type sprat --clean-urls"),
    ),
    (
        "--add-header --response-header",
        Phrase("the field is -H/--header: sprat -H NAME VALUE"),
    ),
    (
        "--robots",
        Phrase("write a robots.txt into the directory: leave it out"),
    ),
    (
        "--utf8 --utf-8 --encoding",
        Phrase("text is UTF-8 unless --charset says otherwise: leave it out"),
    ),
    (
        "--http2 --h2 --http3 --h3 --quic",
        Phrase("HTTP/1.1 is the newest version spoken here: leave it out, or put a proxy in front"),
    ),
    (
        "--php --php-cgi",
        Phrase("PHP runs as a CGI script: sprat --cgi, and README's recipe for PHP"),
    ),
    (
        "--no-clipboard --no-port-switching",
        Phrase("it does no such thing anyway: leave it out"),
    ),
    (
        "--browse --autoindex --directory-listing",
        Phrase("directories are listed anyway: leave it out"),
    ),
    (
        "--no-etag --no-last-modified",
        Phrase("validators are always sent; for no caching: sprat -H Cache-Control no-store"),
    ),
];

/// What a name with its dashes means.
#[inline(never)]
pub fn meaning(name: &str) -> Option<&'static Meaning> {
    let mut rows = OTHERS.iter();
    let row = rows.find(|(names, _)| names.split(' ').any(|other| other == name))?;
    Some(&row.1)
}

#[cfg(test)]
mod tests;
