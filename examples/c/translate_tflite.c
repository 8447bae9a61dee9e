/* Translates lines of standard input with a `.tflite` file and LiteRT's C library, without a tokenizer.
 *
 *   cc translate_tflite.c -o translate_tflite LIBRARIES/libLiteRt.so -Wl,-rpath,LIBRARIES
 *   ./translate_tflite my.tflite < text.txt
 *
 * LIBRARIES is the folder of the Python package ai_edge_litert. Its wheel has no headers, so this file declares the
 * functions that it uses. docs/mobile.md describes the signature `translate_text`.
 */

#define _POSIX_C_SOURCE 200809L
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

typedef int Status; /* 0 is success. */
typedef struct LiteRtEnvironmentT* Environment;
typedef struct LiteRtModelT* Model;
typedef struct LiteRtOptionsT* Options;
typedef struct LiteRtCompiledModelT* CompiledModel;
typedef struct LiteRtSignatureT* Signature;
typedef struct LiteRtTensorT* Tensor;
typedef struct LiteRtTensorBufferT* Buffer;
typedef struct {
  int32_t element_type;
  uint32_t rank; /* 7 bits, and one bit for strides. */
  int32_t dimensions[8];
  uint32_t strides[8];
} TensorType;

enum { CPU = 1, HOST_MEMORY = 1, INT32 = 2, READ = 0, WRITE = 1 };

Status LiteRtCreateEnvironment(int num_options, const void* options, Environment*);
void LiteRtDestroyEnvironment(Environment);
Status LiteRtCreateModelFromFile(Environment, const char* path, Model*);
void LiteRtDestroyModel(Model);
Status LiteRtCreateOptions(Options*);
Status LiteRtSetOptionsHardwareAccelerators(Options, int accelerators);
void LiteRtDestroyOptions(Options);
Status LiteRtCreateCompiledModel(Environment, Model, Options, CompiledModel*);
void LiteRtDestroyCompiledModel(CompiledModel);
Status LiteRtGetNumModelSignatures(Model, size_t*);
Status LiteRtGetModelSignature(Model, size_t index, Signature*);
Status LiteRtGetSignatureKey(Signature, const char**);
Status LiteRtGetSignatureOutputName(Signature, size_t index, const char**);
Status LiteRtGetSignatureOutputTensorByIndex(Signature, size_t index, Tensor*);
Status LiteRtGetRankedTensorType(Tensor, TensorType*);
Status LiteRtCompiledModelResizeInputTensorNonStrict(CompiledModel, size_t signature, size_t input, const int* shape, size_t rank);
Status LiteRtCreateManagedTensorBuffer(Environment, int buffer_type, const TensorType*, size_t bytes, Buffer*);
void LiteRtDestroyTensorBuffer(Buffer);
Status LiteRtLockTensorBuffer(Buffer, void** address, int mode);
Status LiteRtUnlockTensorBuffer(Buffer);
Status LiteRtRunCompiledModel(CompiledModel, size_t signature, size_t num_inputs, Buffer* inputs, size_t num_outputs, Buffer* outputs);

static void check(Status status, const char* action) {
  if (status) {
    fprintf(stderr, "%s failed with status %d\n", action, status);
    exit(1);
  }
}
#define CHECK(call) check(call, #call)

typedef struct {
  Environment environment;
  Model model;
  Options options;
  CompiledModel compiled;
  size_t signature; /* The index of `translate_text`. */
  size_t text;      /* The index of its output `code_points`. */
  int width;        /* The last dimension of this output. */
  Buffer outputs[2];
} Translator;

static size_t find_signature(Model model, const char* name) {
  size_t count;
  CHECK(LiteRtGetNumModelSignatures(model, &count));
  for (size_t i = 0; i < count; ++i) {
    Signature signature;
    const char* key;
    CHECK(LiteRtGetModelSignature(model, i, &signature));
    CHECK(LiteRtGetSignatureKey(signature, &key));
    if (!strcmp(key, name)) return i;
  }
  fprintf(stderr, "The file has no signature %s. Export it without --no-text-signature.\n", name);
  exit(1);
}

static Translator load(const char* path) {
  Translator t;
  CHECK(LiteRtCreateEnvironment(0, NULL, &t.environment));
  CHECK(LiteRtCreateModelFromFile(t.environment, path, &t.model));
  t.signature = find_signature(t.model, "translate_text");
  CHECK(LiteRtCreateOptions(&t.options));
  CHECK(LiteRtSetOptionsHardwareAccelerators(t.options, CPU));
  CHECK(LiteRtCreateCompiledModel(t.environment, t.model, t.options, &t.compiled));
  for (size_t i = 0; i < 2; ++i) {
    Signature signature;
    Tensor tensor;
    TensorType type;
    const char* name;
    CHECK(LiteRtGetModelSignature(t.model, t.signature, &signature));
    CHECK(LiteRtGetSignatureOutputName(signature, i, &name));
    CHECK(LiteRtGetSignatureOutputTensorByIndex(signature, i, &tensor));
    CHECK(LiteRtGetRankedTensorType(tensor, &type));
    size_t bytes = 4; /* Both outputs have elements of four bytes. */
    for (uint32_t d = 0; d < (type.rank & 127); ++d) bytes *= (size_t)type.dimensions[d];
    CHECK(LiteRtCreateManagedTensorBuffer(t.environment, HOST_MEMORY, &type, bytes, &t.outputs[i]));
    if (!strcmp(name, "code_points")) {
      t.text = i;
      t.width = type.dimensions[2];
    }
  }
  return t;
}

static void destroy(Translator* t) {
  for (size_t i = 0; i < 2; ++i) LiteRtDestroyTensorBuffer(t->outputs[i]);
  LiteRtDestroyCompiledModel(t->compiled);
  LiteRtDestroyOptions(t->options);
  LiteRtDestroyModel(t->model);
  LiteRtDestroyEnvironment(t->environment);
}

/* Writes the code points of UTF-8 to `points` and returns their number. The longest start of a character that is not
 * complete, and any other wrong byte, is U+FFFD (The Unicode Standard, table 3-7). */
static int decode(const unsigned char* text, size_t bytes, int32_t* points) {
  int count = 0;
  for (size_t i = 0; i < bytes;) {
    int first = text[i++];
    int is_wrong = first >= 0x80 && (first < 0xC2 || first > 0xF4);
    int more = is_wrong || first < 0x80 ? 0 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
    /* The limits of the second byte exclude long forms, surrogates and numbers above U+10FFFF. */
    int least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    int most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    int32_t point = is_wrong ? 0xFFFD : more ? first & (0x3F >> more) : first;
    for (; more; --more, ++i) {
      if (i >= bytes || text[i] < least || text[i] > most) {
        point = 0xFFFD;
        break;
      }
      point = (point << 6) | (text[i] & 0x3F);
      least = 0x80;
      most = 0xBF;
    }
    points[count++] = point;
  }
  return count;
}

static void print_utf8(uint32_t point) {
  if (point < 0x80) {
    putchar((int)point);
    return;
  }
  int more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  putchar((int)((0xFF00u >> (more + 1) & 0xFF) | point >> (6 * more)));
  while (more--) putchar((int)(0x80 | (point >> (6 * more) & 0x3F)));
}

/* Prints the best translation of `count` code points. */
static void translate(Translator* t, const int32_t* points, int count) {
  TensorType type = {.element_type = INT32, .rank = 2, .dimensions = {1, count}};
  Buffer input;
  void* memory;
  CHECK(LiteRtCompiledModelResizeInputTensorNonStrict(t->compiled, t->signature, 0, type.dimensions, 2));
  CHECK(LiteRtCreateManagedTensorBuffer(t->environment, HOST_MEMORY, &type, 4 * (size_t)count, &input));
  CHECK(LiteRtLockTensorBuffer(input, &memory, WRITE));
  memcpy(memory, points, 4 * (size_t)count);
  CHECK(LiteRtUnlockTensorBuffer(input));
  CHECK(LiteRtRunCompiledModel(t->compiled, t->signature, 1, &input, 2, t->outputs));
  CHECK(LiteRtLockTensorBuffer(t->outputs[t->text], &memory, READ));
  const uint32_t* best = memory;
  for (int i = 0; i < t->width && best[i]; ++i) print_utf8(best[i]);
  putchar('\n');
  CHECK(LiteRtUnlockTensorBuffer(t->outputs[t->text]));
  LiteRtDestroyTensorBuffer(input);
}

int main(int argc, char** argv) {
  if (argc != 2) {
    fprintf(stderr, "Usage: %s MODEL.tflite < text\n", argv[0]);
    return 2;
  }
  Translator translator = load(argv[1]);
  char* line = NULL;
  size_t capacity = 0;
  for (ssize_t bytes; (bytes = getline(&line, &capacity, stdin)) >= 0;) {
    while (bytes && (line[bytes - 1] == '\n' || line[bytes - 1] == '\r')) --bytes;
    int32_t* points = calloc((size_t)bytes + 1, sizeof *points);
    int count = decode((const unsigned char*)line, (size_t)bytes, points);
    translate(&translator, points, count ? count : 1); /* An empty line is one padding. */
    free(points);
  }
  free(line);
  destroy(&translator);
  return 0;
}
