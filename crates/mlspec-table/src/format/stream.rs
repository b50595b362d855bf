//! Delimited text that is read some records at a time, for files that are larger than memory should be.

use super::csv::{self, Names};
use super::infer::Guess;
use super::options::Dialect;
use super::{Compression, Format, FormatError, InputFile, Problem, ReadOptions};
use mlspec_record::{Column, TableSchema};
use polars::prelude::DataFrame;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// How many bytes are read at a time.
const BLOCK: usize = 32 << 20;

/// A file of delimited text, and the name that messages show.
#[derive(Clone, Copy, Debug)]
pub struct TextFile<'a> {
    /// Where it lies.
    pub path: &'a Path,
    /// What messages show.
    pub name: &'a str,
    /// How it is compressed.
    pub compression: Compression,
}

/// Whether files can be read some records at a time by these options: delimited text, all records of it, each of which must be right.
pub fn can_stream(options: &ReadOptions) -> bool {
    matches!(options.format, Format::Csv | Format::Tsv) && !options.lenient && options.limit.is_none()
}

/// The columns of files of one schema, as [`super::read`] finds them, from all their values. Nothing of files with one field a record, where
/// blank lines are records.
///
/// # Errors
/// When [`super::read`] refuses the files. An error may name a line that is counted from where a block begins: whoever tells it asks
/// [`super::read`].
pub fn stream_schema(files: &[TextFile<'_>], options: &ReadOptions) -> Result<Option<TableSchema>, FormatError> {
    let (mut names, mut guesses, mut rows): (Option<Names>, Vec<Guess>, usize) = (None, Vec::new(), 0);
    for file in files {
        let mut blocks = Blocks::open(*file, options, BLOCK)?;
        while let Some(block) = blocks.next()? {
            if blocks.narrow {
                return Ok(None);
            }
            if options.columns.is_some() {
                break;
            }
            let found = csv::guess(&block, options, names.as_deref())?;
            if found.names.is_empty() {
                continue;
            }
            rows += found.rows;
            guesses.resize(found.names.len(), Guess::NONE);
            guesses.iter_mut().zip(found.guesses).for_each(|(all, one)| *all = all.and(one));
            names.get_or_insert(found.names);
        }
    }
    if let Some(schema) = &options.columns {
        return Ok(Some(schema.clone()));
    }
    let name = files.first().map_or("", |file| file.name);
    if rows == 0 {
        return Err(FormatError::file(name, Problem::Empty));
    }
    let columns = names.unwrap_or_default().into_iter().zip(guesses);
    let columns = columns.map(|(name, guess)| Column { name, data_type: guess.data_type() }).collect();
    TableSchema::new(columns).map(Some).map_err(|error| FormatError::file(name, error))
}

/// Hands on the rows of a file, some at a time, in their order.
///
/// # Errors
/// As [`stream_schema`], and when `take` fails.
pub fn stream<E: From<FormatError>>(
    file: TextFile<'_>,
    schema: &TableSchema,
    options: &ReadOptions,
    take: impl FnMut(DataFrame) -> Result<(), E>,
) -> Result<(), E> {
    stream_by(file, schema, options, BLOCK, take)
}

fn stream_by<E: From<FormatError>>(
    file: TextFile<'_>,
    schema: &TableSchema,
    options: &ReadOptions,
    size: usize,
    mut take: impl FnMut(DataFrame) -> Result<(), E>,
) -> Result<(), E> {
    let typed = ReadOptions { columns: Some(schema.clone()), ..options.clone() };
    // Without declared columns a file must have those of the first one and no others.
    let typed = ReadOptions { exact: options.exact || options.columns.is_none(), ..typed };
    let mut blocks = Blocks::open(file, options, size)?;
    while let Some(block) = blocks.next()? {
        csv::read(&[block], &typed)?.frames.into_iter().try_for_each(&mut take)?;
    }
    Ok(())
}

/// Pieces of a text that begin and end with a record; each has the header, if the text has one.
struct Blocks<'a> {
    name: &'a str,
    from: Box<dyn BufRead>,
    size: usize,
    dialect: Dialect,
    /// Whether the first record has one field.
    narrow: bool,
    /// The first record with what stands before it, where it is a header.
    header: Vec<u8>,
    has_header: bool,
    begun: bool,
    /// The beginning of the next piece.
    rest: Vec<u8>,
}

impl<'a> Blocks<'a> {
    fn open(file: TextFile<'a>, options: &ReadOptions, size: usize) -> Result<Self, FormatError> {
        let refused = |error| FormatError::file(file.name, Problem::Io(error));
        let mut from = BufReader::with_capacity(1 << 20, File::open(file.path).map_err(refused)?);
        let compression = match (file.compression, from.fill_buf().map_err(refused)?) {
            (Compression::Auto, [0x1f, 0x8b, ..]) => Compression::Gzip,
            (Compression::Auto, [0x28, 0xb5, 0x2f, 0xfd, ..]) => Compression::Zstd,
            (other, _) => other,
        };
        let from: Box<dyn BufRead> = match compression {
            Compression::Auto | Compression::None => Box::new(from),
            Compression::Gzip => Box::new(BufReader::new(flate2::bufread::MultiGzDecoder::new(from))),
            Compression::Zstd => Box::new(BufReader::new(zstd::Decoder::with_buffer(from).map_err(refused)?)),
        };
        let (dialect, has_header) = (options.dialect()?, options.csv.header);
        let (name, header, rest) = (file.name, Vec::new(), Vec::new());
        Ok(Self { name, from, size, dialect, narrow: false, header, has_header, begun: false, rest })
    }

    /// The next piece, if there is one.
    fn next(&mut self) -> Result<Option<InputFile>, FormatError> {
        let mut text = std::mem::take(&mut self.rest);
        loop {
            let more = (&mut self.from).take(self.size as u64).read_to_end(&mut text);
            let more = more.map_err(|error| FormatError::file(self.name, Problem::Io(error)))?;
            let end = match more {
                0 => text.len(),
                _ => csv::whole_records(&text, self.dialect.quote),
            };
            // A header alone is no piece, unless there is nothing else.
            let first = if self.begun { 0 } else { csv::whole_record(&text, self.dialect.quote) };
            let beginning = if self.has_header { first } else { 0 };
            if more > 0 && end <= beginning {
                continue;
            }
            if end == 0 {
                return Ok(None);
            }
            self.narrow |= !self.begun && !text[..first].contains(&self.dialect.separator);
            self.rest = text.split_off(end);
            let piece = self.piece(text, beginning);
            return Ok(Some(InputFile::new(self.name, piece)));
        }
    }

    /// The piece with the header before it.
    fn piece(&mut self, text: Vec<u8>, header: usize) -> Vec<u8> {
        const MARK: &[u8] = b"\xef\xbb\xbf";
        if !self.begun {
            self.begun = true;
            self.header = text[..header].to_vec();
            return text;
        }
        // What would be taken for a byte order mark is not at the beginning of the text here.
        let mark = if self.header.is_empty() && text.starts_with(MARK) { MARK } else { &[] };
        [mark, &self.header, &text].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::read;
    use proptest::prelude::*;
    use std::io::Write as _;

    /// What the file gives in pieces of so many bytes, beside what it gives as a whole.
    fn check(text: &[u8], options: &ReadOptions, size: usize) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text).unwrap();
        let whole = read(&[InputFile::open(file.path(), "t.csv", Compression::Auto).unwrap()], options);
        let named = TextFile { path: file.path(), name: "t.csv", compression: Compression::Auto };
        let mut rows: Option<DataFrame> = None;
        let streamed = stream_schema(&[named], options).and_then(|schema| {
            let Some(schema) = schema else { return Ok(None) };
            stream_by(named, &schema, options, size, |frame| {
                match &mut rows {
                    None => rows = Some(frame),
                    Some(rows) => drop(rows.vstack_mut_owned(frame).unwrap()),
                }
                Ok::<_, FormatError>(())
            })?;
            Ok(Some(schema))
        });
        match (whole, streamed) {
            (Err(_), Err(_)) | (_, Ok(None)) => {}
            (Ok(whole), Ok(Some(schema))) => {
                assert_eq!(schema, whole.schema, "{:?} {size}", String::from_utf8_lossy(text));
                let expected = whole.frames.into_iter().next().unwrap();
                let found = rows.unwrap_or_else(|| expected.clear());
                assert!(found.equals_missing(&expected), "{:?} {size}", String::from_utf8_lossy(text));
            }
            (whole, streamed) => panic!("{:?} {size}: {whole:?} {streamed:?}", String::from_utf8_lossy(text)),
        }
    }

    #[test]
    fn pieces_give_what_the_whole_gives() {
        let csv = ReadOptions::new(Format::Csv);
        let mut bare = csv.clone();
        bare.csv.header = false;
        let texts: [&[u8]; 14] = [
            b"a,b\n1,x\n2,y\n3,z\n",
            b"a,b\n1,x\n2,y\n3,z",
            b"a,b\r\n1,x\r\n\r\n2,\"y\r\n\"\"z\"\r\n",
            b"\xef\xbb\xbfa,b\n1,x\n\xef\xbb\xbf2,y\n",
            b"\n\na,b\n1,2\n\n\n3,4\n",
            b"\"a\nc\",b\n1,\"x,\ny\"\n2,\"\"\n",
            b"a,b\n",
            b"a,b",
            b"",
            b"\n",
            b"a\n\n1\n\n2\n",
            b"a,b\n1\n",
            b"a,b\n1,\"x\n",
            b"a,b\n1,\xff\n",
        ];
        for text in texts {
            for size in [1, 2, 3, 5, 8, 1 << 20] {
                check(text, &csv, size);
                check(text, &bare, size);
            }
        }
    }

    #[test]
    fn compressed_text_is_read_so_too() {
        let text = b"a,b\n1,x\n2,y\n";
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text).unwrap();
        check(&gzip.finish().unwrap(), &ReadOptions::new(Format::Csv), 4);
        check(&zstd::encode_all(&text[..], 1).unwrap(), &ReadOptions::new(Format::Csv), 4);
    }

    proptest! {
        #[test]
        fn any_text_is_read_alike(text in "(a,b\n|1,2\n)?([a1\",\n]|\r\n|1,2\n){0,40}", size in 1_usize..12, header in any::<bool>()) {
            let mut options = ReadOptions::new(Format::Csv);
            options.csv.header = header;
            check(text.as_bytes(), &options, size);
        }
    }
}
