// Bus: topics, lanes, messages, and the port that publishes and subscribes, with its in-memory implementation.
