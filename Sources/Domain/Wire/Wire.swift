// Wire: byte-level JSON, CSV, Arrow and times. Turns bytes into values and back; never reads or writes a descriptor.
