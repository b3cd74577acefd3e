/* A prompt and the steps of its siblings through llama_decode, and nothing else: the ceiling of backends.py.
 *
 * The two functions are those of the library that Python has loaded; of its llama.h only what they take is repeated
 * here. No token is sampled, no logits are read, no text is made. */

#include <stdint.h>

enum { TOKEN = 65 };

struct batch { /* llama_batch */
    int32_t n_tokens;
    int32_t *token;
    float *embd;
    int32_t *pos;
    int32_t *n_seq_id;
    int32_t **seq_id;
    int8_t *logits;
};

typedef int32_t decode_function(void *context, struct batch batch);
typedef void share_function(void *memory, int32_t from, int32_t to, int32_t begin, int32_t end);

static void put(struct batch *batch, int32_t token, int32_t position, int32_t sequence, int8_t output) {
    int32_t row = batch->n_tokens++;
    batch->token[row] = token;
    batch->pos[row] = position;
    batch->n_seq_id[row] = 1;
    batch->seq_id[row][0] = sequence;
    batch->logits[row] = output;
}

/* Returns what llama_decode returned: 0, or its first failure. `batch` has room for `chunk` and for `width` rows. */
int32_t bare_loop(decode_function *decode, share_function *share, void *context, void *memory, struct batch batch,
                  const int32_t *prompt, int32_t length, int32_t chunk, int32_t width, int32_t steps) {
    int32_t failed = 0;
    for (int32_t begin = 0; begin < length && !failed; begin += chunk) {
        batch.n_tokens = 0;
        for (int32_t at = begin; at < length && at < begin + chunk; at++)
            put(&batch, prompt[at], at, 0, at == length - 1);
        failed = decode(context, batch);
    }
    for (int32_t sequence = 1; sequence <= width; sequence++) share(memory, 0, sequence, -1, -1);
    for (int32_t step = 0; step < steps && !failed; step++) {
        batch.n_tokens = 0;
        for (int32_t sequence = 1; sequence <= width; sequence++) put(&batch, TOKEN, length + step, sequence, 1);
        failed = decode(context, batch);
    }
    return failed;
}
