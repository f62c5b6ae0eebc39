//! Metrics, and the text that Prometheus reads, in place of the crate `prometheus`.

use std::collections::BTreeMap;

/// Upper bounds in seconds, as Prometheus's own clients have them.
const BUCKETS: [f64; 11] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// A family: name, type and help.
pub type Family = [&'static str; 3];

pub const FILE_NUMBER: Family = ["file_number", "gauge", "The first number in a file."];
pub const UPDATES: Family = ["updates_total", "counter", "How often all files were read."];
pub const REQUESTS: Family = [
    "prometheus_exporter_requests_total",
    "counter",
    "Number of HTTP requests received.",
];
pub const RESPONSE_SIZE: Family = [
    "prometheus_exporter_response_size_bytes",
    "gauge",
    "The HTTP response sizes in bytes.",
];
pub const REQUEST_DURATION: Family = [
    "prometheus_exporter_request_duration_seconds",
    "histogram",
    "The HTTP request latencies in seconds.",
];

/// Samples by family, each named by its suffix and labels.
#[derive(Default)]
pub struct Metrics(BTreeMap<Family, Vec<(String, f64)>>);

impl Metrics {
    /// The value of a sample, 0 at first.
    pub fn sample(&mut self, family: Family, name: impl Into<String>) -> &mut f64 {
        let (samples, name) = (self.0.entry(family).or_default(), name.into());
        let found = samples.iter().position(|(other, _)| *other == name);
        let at = found.unwrap_or(samples.len());
        if found.is_none() {
            samples.push((name, 0.0));
        }
        &mut samples[at].1
    }

    /// A histogram has seen this value.
    pub fn observe(&mut self, family: Family, value: f64) {
        for bound in BUCKETS {
            let bucket = self.sample(family, format!("_bucket{{le=\"{bound}\"}}"));
            *bucket += if value <= bound { 1.0 } else { 0.0 };
        }
        *self.sample(family, "_bucket{le=\"+Inf\"}") += 1.0;
        *self.sample(family, "_sum") += value;
        *self.sample(family, "_count") += 1.0;
    }

    /// All of them in the text format, version 0.0.4.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for ([name, kind, help], samples) in &self.0 {
            let help = help.replace('\\', r"\\").replace('\n', r"\n");
            text += &format!("# HELP {name} {help}\n# TYPE {name} {kind}\n");
            for (suffix, value) in samples {
                text += &format!("{name}{suffix} {value}\n");
            }
        }
        text
    }
}

/// A label with any text as its value.
pub fn label(name: &str, value: &str) -> String {
    let value = value.replace('\\', r"\\").replace('\n', r"\n");
    format!("{{{name}=\"{}\"}}", value.replace('"', "\\\""))
}
