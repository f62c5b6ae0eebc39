//! Python's types, and what is said of names.

use super::*;

/// Every strict type built into Python 3.13's `mimetypes`: the type and its extensions.
const PYTHON_3_13: &[(&str, &str)] = &[
    ("application/json", "json"),
    ("application/manifest+json", "webmanifest"),
    ("application/msword", "doc dot wiz"),
    ("application/n-quads", "nq"),
    ("application/n-triples", "nt"),
    ("application/octet-stream", "a bin dll exe o obj so"),
    ("application/oda", "oda"),
    ("application/pdf", "pdf"),
    ("application/pkcs7-mime", "p7c"),
    ("application/postscript", "ai eps ps"),
    ("application/trig", "trig"),
    ("application/vnd.apple.mpegurl", "m3u m3u8"),
    ("application/vnd.ms-excel", "xlb xls"),
    ("application/vnd.ms-powerpoint", "pot ppa pps ppt pwz"),
    ("application/wasm", "wasm"),
    ("application/x-bcpio", "bcpio"),
    ("application/x-cpio", "cpio"),
    ("application/x-csh", "csh"),
    ("application/x-dvi", "dvi"),
    ("application/x-gtar", "gtar"),
    ("application/x-hdf", "hdf"),
    ("application/x-hdf5", "h5"),
    ("application/x-latex", "latex"),
    ("application/x-mif", "mif"),
    ("application/x-netcdf", "cdf nc"),
    ("application/x-pkcs12", "p12 pfx"),
    ("application/x-pn-realaudio", "ram"),
    ("application/x-python-code", "pyc pyo"),
    ("application/x-sh", "sh"),
    ("application/x-shar", "shar"),
    ("application/x-shockwave-flash", "swf"),
    ("application/x-sv4cpio", "sv4cpio"),
    ("application/x-sv4crc", "sv4crc"),
    ("application/x-tar", "tar"),
    ("application/x-tcl", "tcl"),
    ("application/x-tex", "tex"),
    ("application/x-texinfo", "texi texinfo"),
    ("application/x-troff", "roff t tr"),
    ("application/x-troff-man", "man"),
    ("application/x-troff-me", "me"),
    ("application/x-troff-ms", "ms"),
    ("application/x-ustar", "ustar"),
    ("application/x-wais-source", "src"),
    ("application/xml", "rdf wsdl xpdl xsl"),
    ("application/zip", "zip"),
    ("audio/3gpp", "3gp 3gpp"),
    ("audio/3gpp2", "3g2 3gpp2"),
    ("audio/aac", "aac adts ass loas"),
    ("audio/basic", "au snd"),
    ("audio/mpeg", "mp2 mp3"),
    ("audio/opus", "opus"),
    ("audio/x-aiff", "aif aifc aiff"),
    ("audio/x-pn-realaudio", "ra"),
    ("audio/x-wav", "wav"),
    ("image/avif", "avif"),
    ("image/bmp", "bmp"),
    ("image/gif", "gif"),
    ("image/heic", "heic"),
    ("image/heif", "heif"),
    ("image/ief", "ief"),
    ("image/jpeg", "jpe jpeg jpg"),
    ("image/png", "png"),
    ("image/svg+xml", "svg"),
    ("image/tiff", "tif tiff"),
    ("image/vnd.microsoft.icon", "ico"),
    ("image/webp", "webp"),
    ("image/x-cmu-raster", "ras"),
    ("image/x-portable-anymap", "pnm"),
    ("image/x-portable-bitmap", "pbm"),
    ("image/x-portable-graymap", "pgm"),
    ("image/x-portable-pixmap", "ppm"),
    ("image/x-rgb", "rgb"),
    ("image/x-xbitmap", "xbm"),
    ("image/x-xpixmap", "xpm"),
    ("image/x-xwindowdump", "xwd"),
    ("message/rfc822", "eml mht mhtml nws"),
    ("text/css", "css"),
    ("text/csv", "csv"),
    ("text/html", "htm html"),
    ("text/javascript", "js mjs"),
    ("text/markdown", "markdown md"),
    ("text/n3", "n3"),
    ("text/plain", "bat c h ksh pl srt txt"),
    ("text/richtext", "rtx"),
    ("text/rtf", "rtf"),
    ("text/tab-separated-values", "tsv"),
    ("text/vtt", "vtt"),
    ("text/x-python", "py"),
    ("text/x-rst", "rst"),
    ("text/x-setext", "etx"),
    ("text/x-sgml", "sgm sgml"),
    ("text/x-vcard", "vcf"),
    ("text/xml", "xml"),
    ("video/mp4", "mp4"),
    ("video/mpeg", "m1v mpa mpe mpeg mpg"),
    ("video/quicktime", "mov qt"),
    ("video/webm", "webm"),
    ("video/x-msvideo", "avi"),
    ("video/x-sgi-movie", "movie"),
];

/// What Python 3.14 and 3.15 added or changed.
const PYTHON_SINCE: &[(&str, &str)] = &[
    ("application/epub+zip", "epub"),
    ("application/gzip", "gz"),
    ("application/ogg", "ogx"),
    ("application/vnd.ms-fontobject", "eot"),
    ("application/vnd.oasis.opendocument.graphics", "odg"),
    ("application/vnd.oasis.opendocument.presentation", "odp"),
    ("application/vnd.oasis.opendocument.spreadsheet", "ods"),
    ("application/vnd.oasis.opendocument.text", "odt"),
    (
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "pptx",
    ),
    (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "xlsx",
    ),
    (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "docx",
    ),
    ("application/vnd.rar", "rar"),
    ("application/x-7z-compressed", "7z"),
    ("application/x-debian-package", "deb"),
    ("application/x-httpd-php", "php"),
    ("application/x-rpm", "rpm"),
    ("application/yaml", "yaml yml"),
    ("application/toml", "toml"),
    ("audio/flac", "flac"),
    ("audio/matroska", "mka"),
    ("audio/mp4", "m4a"),
    ("audio/ogg", "ogg"),
    ("audio/webm", "weba"),
    ("font/otf", "otf"),
    ("font/ttf", "ttf"),
    ("font/woff", "woff"),
    ("font/woff2", "woff2"),
    ("image/emf", "emf"),
    ("image/fits", "fits"),
    ("image/g3fax", "g3"),
    ("image/jp2", "jp2"),
    ("image/jpm", "jpm"),
    ("image/jpx", "jpx"),
    ("image/t38", "t38"),
    ("image/tiff-fx", "tfx"),
    ("image/wmf", "wmf"),
    ("model/gltf+json", "gltf"),
    ("model/gltf-binary", "glb"),
    ("model/stl", "stl"),
    ("video/matroska", "mkv"),
    ("video/matroska-3d", "mk3d"),
    ("video/ogg", "ogv"),
    ("video/vnd.avi", "avi"),
    ("video/x-m4v", "m4v"),
    ("video/x-ms-wmv", "wmv"),
];

fn bare() -> MimeMap {
    MimeMap::default().charset(None)
}

#[test]
fn pythons_types_come_out() {
    let changed = |extension: &str| {
        PYTHON_SINCE
            .iter()
            .any(|(_, list)| list.split(' ').any(|other| other == extension))
    };
    let types = bare();
    let mut count = 0;
    for (want, list) in PYTHON_3_13
        .iter()
        .filter(|(_, list)| !changed(list))
        .chain(PYTHON_SINCE)
    {
        for extension in list.split(' ') {
            assert_eq!(
                types.guess(format!("a.{extension}").as_bytes()),
                *want,
                "{extension}"
            );
            let upper = format!("dir.d/A.{}", extension.to_ascii_uppercase());
            assert_eq!(types.guess(upper.as_bytes()), *want, "{upper}");
            count += 1;
        }
    }
    assert!(count > 190, "{count}");
}

#[test]
fn browsers_get_the_types_they_insist_on() {
    for (name, want) in [
        ("a.html", "text/html; charset=utf-8"),
        ("a.htm", "text/html; charset=utf-8"),
        ("a.css", "text/css; charset=utf-8"),
        ("a.js", "text/javascript; charset=utf-8"),
        ("a.mjs", "text/javascript; charset=utf-8"),
        ("a.cjs", "text/javascript; charset=utf-8"),
        ("a.jsx", "text/javascript; charset=utf-8"),
        ("a.md", "text/markdown; charset=utf-8"),
        ("a.vtt", "text/vtt; charset=utf-8"),
        ("a.tsx", "text/plain; charset=utf-8"),
        ("a.ts", "video/mp2t"),
        ("a.json", "application/json"),
        ("a.map", "application/json"),
        ("a.webmanifest", "application/manifest+json"),
        ("a.wasm", "application/wasm"),
        ("a.svg", "image/svg+xml"),
        ("a.avif", "image/avif"),
        ("a.webp", "image/webp"),
        ("a.jxl", "image/jxl"),
        ("a.png", "image/png"),
        ("a.ico", "image/vnd.microsoft.icon"),
        ("a.woff2", "font/woff2"),
        ("a.mp4", "video/mp4"),
        ("a.webm", "video/webm"),
        ("a.pdf", "application/pdf"),
        ("a.xhtml", "application/xhtml+xml"),
        ("a.xml", "text/xml"),
        ("a.m3u8", "application/vnd.apple.mpegurl"),
    ] {
        assert_eq!(MimeMap::default().guess(name.as_bytes()), want, "{name}");
    }
}

#[test]
fn only_the_last_extension_counts_and_quirks_are_pythons() {
    let unknown = "application/octet-stream";
    for (name, want) in [
        (&b"a.tar.gz"[..], "application/gzip"),
        (b"a.txt.gz", "application/gzip"),
        (b"a.txt.GZ", "application/gzip"),
        (b"a.txt.Z", unknown),
        (b"a.txt.bz2", "application/x-bzip2"),
        (b"a.txt.xz", "application/x-xz"),
        (b"a.tgz", "application/x-tar"),
        (b"a.svgz", "image/svg+xml"),
        (b"a.txt.br", "text/plain"),
        (b"a.br", unknown),
        (b".txt.br", unknown),
        (b".gz", unknown),
        (b"..gz", unknown),
        (b".html", unknown),
        (b".profile.html", "text/html"),
        (b"...a.html", "text/html"),
        (b"a..html", "text/html"),
        (b"a.", unknown),
        (b"a.html.", unknown),
        (b"a.html ", unknown),
        (b"html", unknown),
        (b"", unknown),
        (b".", unknown),
        (b"..", unknown),
        (b"dir.html/README", "text/plain"),
        (b"license", "text/plain"),
        (b"LICENSE-APACHE", "text/plain"),
        (b"README-", "text/plain"),
        (b"READMEs", unknown),
        (b"data", unknown),
        (b"dir.html/a.css", "text/css"),
        (b"caf\xe9.html", "text/html"),
        (b"a.h\xe9", unknown),
        (b"a.unheard-of", unknown),
        (b"a.html\n", unknown),
    ] {
        assert_eq!(bare().guess(name), want, "{}", name.escape_ascii());
    }
    let long = [b"a.".as_slice(), &[b'x'; 5000]].concat();
    assert_eq!(bare().guess(&long), unknown);
}

#[test]
fn what_people_serve_today_has_its_type() {
    for (name, want) in [
        ("a.jsonl", "application/jsonl"),
        ("a.ndjson", "application/x-ndjson"),
        ("a.ipynb", "application/x-ipynb+json"),
        ("a.parquet", "application/vnd.apache.parquet"),
        ("a.geojson", "application/geo+json"),
        ("a.pmtiles", "application/vnd.pmtiles"),
        ("a.onnx", "application/octet-stream"),
        ("a.safetensors", "application/octet-stream"),
        ("a.heic", "image/heic"),
        ("a.jxl", "image/jxl"),
        ("a.usdz", "model/vnd.usdz+zip"),
        ("a.glb", "model/gltf-binary"),
        ("a.ftl", "text/plain; charset=utf-8"),
        ("a.svgz", "image/svg+xml"),
        ("LICENSE", "text/plain; charset=utf-8"),
        ("README", "text/plain; charset=utf-8"),
    ] {
        assert_eq!(MimeMap::default().guess(name.as_bytes()), want, "{name}");
    }
    let types = MimeMap::default();
    assert_eq!(types.encoding(b"dir/a.SVGZ"), Some("gzip"));
    assert_eq!(types.encoding(b"a.svg"), None);
    let own = types.extension(".svgz", "application/gzip");
    assert_eq!(own.encoding(b"a.svgz"), None);
}

#[test]
fn settings_win_over_tables() {
    let types = MimeMap::default()
        .extension("log", "text/plain")
        .extension(".GZ", "application/x-gzip")
        .extension("html", "text/html; charset=iso-8859-1")
        .extension("xml", "application/xml")
        .extension("log", "TEXT/x-log")
        .default_type("text/plain");
    for (name, want) in [
        ("a.log", "TEXT/x-log; charset=utf-8"),
        ("a.LOG", "TEXT/x-log; charset=utf-8"),
        ("a.log.br", "TEXT/x-log; charset=utf-8"),
        ("a.gz", "application/x-gzip"),
        ("a.html", "text/html; charset=iso-8859-1"),
        ("a.xml", "application/xml"),
        ("README", "text/plain; charset=utf-8"),
        (".log", "text/plain; charset=utf-8"),
        ("a.css", "text/css; charset=utf-8"),
    ] {
        assert_eq!(types.guess(name.as_bytes()), want, "{name}");
    }
    let latin = types.clone().charset(Some("iso-8859-15".into()));
    assert_eq!(latin.guess(b"a.css"), "text/css; charset=iso-8859-15");
    assert_eq!(latin.guess(b"a.png"), "image/png");
    assert_eq!(types.charset(None).guess(b"a.css"), "text/css");
}

#[test]
fn the_common_case_takes_no_memory() {
    let types = MimeMap::default();
    for name in [
        "a.html", "a.css", "a.js", "a.txt", "a.png", "a.bin", "a.json", "none",
    ] {
        assert!(
            matches!(types.guess(name.as_bytes()), Cow::Borrowed(_)),
            "{name}"
        );
    }
}

#[test]
fn overrides_are_sorted_lower_case_and_needed() {
    assert!(OVERRIDES.is_sorted_by(|a, b| a.0 < b.0));
    for (extension, media_type) in OVERRIDES {
        assert_eq!(*extension, extension.to_ascii_lowercase());
        let other = known::media_type(extension);
        assert_ne!(other, Some(*media_type), "{extension}");
    }
}
