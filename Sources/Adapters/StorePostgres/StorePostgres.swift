// StorePostgres: the records port over PostgreSQL, by libpq's asynchronous interface on the event loop. Everything here
// is isolated to the loop. The only place that knows libpq.
//
// A round is one pipeline: statements are sent together and answered together, so a transaction costs one round trip;
// two where a statement expects a number of changes, as then COMMIT waits for the counts.
