//! `yujing publish`: what it sends and shows, and tables mapped by SQL.

mod files;
mod synthetic;
mod tables;

mod with_kafka {
    mod sending;
}

use std::fs::File;
use std::path::Path;

use datafusion::prelude::DataFrame;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

/// Writes what a query gives, packed as other tools do.
async fn write_parquet(frame: DataFrame, path: &Path) {
    let schema = frame.schema().inner().clone();
    let file = File::create(path).expect("created");
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut writer = ArrowWriter::try_new(file, schema, Some(properties)).expect("a writer");
    for batch in frame.collect().await.expect("rows") {
        writer.write(&batch).expect("written");
    }
    writer.close().expect("written");
}
