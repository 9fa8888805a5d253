#include "CSimdJSON.h"
#include <simdjson.h>
#include <new>

struct nautilus_json_parser {
  simdjson::dom::parser parser;
  size_t max_depth;
  size_t capacity = 0;
};

extern "C" nautilus_json_parser *nautilus_json_parser_make(size_t max_depth) {
  auto *p = new (std::nothrow) nautilus_json_parser();
  if (p) p->max_depth = max_depth;
  return p;
}

extern "C" void nautilus_json_parser_free(nautilus_json_parser *p) { delete p; }

extern "C" nautilus_json_document nautilus_json_parse(nautilus_json_parser *p, const uint8_t *bytes, size_t count) {
  size_t wanted = count < 4096 ? 4096 : count;
  if (p->capacity < wanted || p->capacity > wanted * 64) {
    auto error = p->parser.allocate(wanted, p->max_depth);
    if (error) return {static_cast<int>(error), nullptr, nullptr};
    p->capacity = wanted;
  }
  auto result = p->parser.parse(bytes, count, true);
  if (result.error()) return {static_cast<int>(result.error()), nullptr, nullptr};
  return {0, p->parser.doc.tape.get(), p->parser.doc.string_buf.get()};
}

extern "C" const char *nautilus_json_error_text(int error) {
  return simdjson::error_message(static_cast<simdjson::error_code>(error));
}
