// SeriesLMDB: the series port over LMDB. The only place that knows LMDB.
//
// Layout, three tables in one file:
//
//   series   collection 00 name                          -> SeriesHeader: id, rows, first, last, version, columns
//   chunks   id(8) first time(8) column(2), big-endian   -> the column's values of one chunk, raw and contiguous
//   meta     "format", "next"                            -> format number, next series id
//
// Column 0 of a chunk is its times (Int64), column n + 1 is the header's column n (Double, NaN is null; a column that
// a chunk does not have is NaN throughout). A chunk's key holds its first time, so the B-tree is the chunk index; its
// last time is the last element of column 0. A full chunk has 65,534 rows: 512 KiB with LMDB's page header, to the
// page. Values larger than a page lie on pages of their own, 16 bytes in, so they are 8-byte aligned and are lent as
// they are; smaller ones are copied when they are not aligned.
//
// A TimescaleDB hypertable mirrors a collection: (series BIGINT, ts BIGINT, <column> DOUBLE PRECISION …), primary key
// (series, ts), partitioned by ts, with `series` as the table of headers; a chunk is what COPY moves at once.
//
// A write is one LMDB transaction (writes that wait together share one), flushed before it is answered unless
// `Durability.lazy` was chosen. LMDB never overwrites live pages: a killed process leaves the old or the new state.
