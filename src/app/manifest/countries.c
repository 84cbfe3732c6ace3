/* `countries` of ward.yaml, and which codes there are. */
#include "app/manifest/countries.h"

#include "app/manifest/manifest_schema.h"

#include <stddef.h>

static const char codes[] = "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCD"
			    "CFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGA"
			    "GBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKEKG"
			    "KHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMU"
			    "MVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASB"
			    "SCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZ"
			    "UAUGUMUSUYUZVAVCVEVGVIVNVUWFWSXKYEYTZAZMZW";

int country_number(struct slice code)
{
	if (code.len != 2 || code.ptr[0] < 'A' || code.ptr[0] > 'Z' || code.ptr[1] < 'A' || code.ptr[1] > 'Z')
		return -1;
	return (code.ptr[0] - 'A') * 26 + (code.ptr[1] - 'A');
}

bool is_country(struct slice code)
{
	if (code.len != 2)
		return false;
	for (const char *c = codes; *c; c += 2)
		if (memcmp(c, code.ptr, 2) == 0)
			return true;
	return false;
}

bool check_country(struct reading *r, const struct yaml_node *n)
{
	if (is_country(n->text))
		return true;
	const bool british = slice_eq_nocase(n->text, SLICE("UK"));
	refuse_node(r, n, "wrong-country",
	    british ? "the United Kingdom is GB"
		    : "write the two upper-case letters of ISO 3166-1, as in DE or US",
	    "\"%.*s\" is no code of a country", SLICE_ARG(n->text));
	return false;
}

void read_country_lists(struct reading *r, const struct key *key, const struct yaml_node *node, void *target)
{
	struct manifest_countries *c = target;
	read_group(r, key->group, node, c);
	if (node->kind == YAML_MAP && (node->count == 0 || (c->allow.count && c->deny.count)))
		refuse_node(r, node, "wrong-countries",
		    "an allow list refuses every other country already; a deny list lets every other pass",
		    "name the countries that may come or those that may not");
}

static const struct key country_keys[] = {
    {"allow", read_countries, offsetof(struct manifest_countries, allow), .form = "[DE, AT, CH]",
	.about = "Countries that callers may come from; from all others, and where the database does not "
		 "say, they may not."},
    {"deny", read_countries, offsetof(struct manifest_countries, deny), .form = "[KP]",
	.about = "Countries that callers may not come from."},
};
const struct key_group countries_group = {"countries", "countries", country_keys,
    sizeof country_keys / sizeof *country_keys, sizeof(struct manifest_countries)};
