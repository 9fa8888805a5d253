#pragma once
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

/* simdjson's DOM parser behind a C face: bytes in, its documented 64-bit tape and string buffer out. */
typedef struct nautilus_json_parser nautilus_json_parser;

typedef struct {
  int error;               /* 0, or simdjson's error code */
  const uint64_t *tape;    /* valid until the next parse or free */
  const uint8_t *strings;  /* each string: 4-byte length, bytes, NUL */
} nautilus_json_document;

nautilus_json_parser *nautilus_json_parser_make(size_t max_depth);
void nautilus_json_parser_free(nautilus_json_parser *);
/* Copies the bytes into padded memory of the parser's own first. */
nautilus_json_document nautilus_json_parse(nautilus_json_parser *, const uint8_t *bytes, size_t count);
const char *nautilus_json_error_text(int error);

#ifdef __cplusplus
}
#endif
