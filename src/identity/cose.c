/* COSE keys (RFC 9052 section 7, RFC 9053 section 7) as passkeys have them. Bytes come from anyone. */
#include "identity/webauthn_internal.h"

enum { COSE_OKP = 1, COSE_EC2 = 2, COSE_RSA = 3 };

/* Labels -3 to -1 mean x, y, curve or n, e by the key's type. */
struct cose_fields {
	int64_t type;
	int64_t algorithm;
	int64_t curve;
	struct slice minus1, minus2, minus3;
	unsigned seen; /* bit (label + 3) */
};

static result bad(struct error *err, const char *what)
{
	return error_set(err, ERR_INVALID, "the passkey's public key is malformed: %s", what);
}

static result take_field(
    struct cose_fields *f, int64_t label, const struct cbor_item *value, struct error *err)
{
	const struct {
		int64_t label;
		int64_t *num;
		struct slice *bytes;
	} places[] = {{1, &f->type, NULL}, {3, &f->algorithm, NULL}, {-1, &f->curve, &f->minus1},
	    {-2, NULL, &f->minus2}, {-3, NULL, &f->minus3}};
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		if (places[i].label != label)
			continue;
		const unsigned bit = 1u << (label + 3);
		if (f->seen & bit)
			return bad(err, "a label that stands there twice");
		f->seen |= bit;
		if (value->kind == CBOR_INT && places[i].num)
			*places[i].num = value->num;
		else if (value->kind == CBOR_BYTES && places[i].bytes)
			*places[i].bytes = value->bytes;
		else
			return bad(err, "a value of the wrong kind");
		return RESULT_OK;
	}
	return bad(err, "a label that does not belong there");
}

static result parse_fields(struct slice bytes, struct error *err, struct cose_fields *ret)
{
	struct cbor c = {.rest = bytes};
	struct cbor_item map, label, value;
	TRY(cbor_expect(&c, CBOR_MAP, err, &map));
	for (int64_t i = 0; i < map.num; i++) {
		TRY(cbor_expect(&c, CBOR_INT, err, &label));
		TRY(cbor_next(&c, err, &value));
		TRY(take_field(ret, label.num, &value, err));
	}
	return cbor_end(&c, err);
}

/* RFC 9053 table 18. */
static bool curve_of(int64_t id, enum curve *ret)
{
	static const struct {
		int64_t id;
		enum curve curve;
	} rows[] = {{1, CURVE_P256}, {2, CURVE_P384}, {3, CURVE_P521}, {6, CURVE_ED25519}, {7, CURVE_ED448},
	    {8, CURVE_SECP256K1}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].id != id)
			continue;
		*ret = rows[i].curve;
		return true;
	}
	return false;
}

static result make_key(
    const struct cose_fields *f, enum curve curve, struct error *err, struct public_key **ret)
{
	switch (f->type) {
	case COSE_EC2:
		return public_key_ec(curve, f->minus2, f->minus3, err, ret);
	case COSE_OKP:
		return public_key_okp(curve, f->minus2, err, ret);
	case COSE_RSA:
		return public_key_rsa(f->minus1, f->minus2, err, ret);
	default:
		return bad(err, "its type");
	}
}

result cose_key_parse(struct slice bytes, struct error *err, struct public_key **ret_key,
    enum signature_algorithm *ret_algorithm)
{
	struct cose_fields f = {0};
	enum curve curve = CURVE_COUNT;
	enum signature_algorithm algorithm;
	TRY(parse_fields(bytes, err, &f));
	if (f.type != COSE_RSA && !curve_of(f.curve, &curve))
		return bad(err, "its curve");
	if (!algorithm_from_cose(f.algorithm, curve, &algorithm))
		return bad(err, "its algorithm");
	TRY(make_key(&f, curve, err, ret_key));
	*ret_algorithm = algorithm;
	return RESULT_OK;
}

result cose_key_point(struct slice bytes, struct error *err, struct slice *ret_x, struct slice *ret_y)
{
	struct cose_fields f = {0};
	TRY(parse_fields(bytes, err, &f));
	if (f.type != COSE_EC2)
		return bad(err, "not a point");
	*ret_x = f.minus2;
	*ret_y = f.minus3;
	return RESULT_OK;
}
