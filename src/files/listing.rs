//! Directory listings as HTML or JSON, made in bounded steps.
