/* Loading and scoring of the labelled time series. */
#include "nab.h"

#include <dirent.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct {
	double hit, false_alarm, miss;
} profiles[NAB_PROFILE_COUNT] = {{1, 0.11, 1}, {1, 0.22, 1}, {1, 0.11, 2}};

size_t nab_probation(size_t rows)
{
	size_t share = rows * 15 / 100;
	return share < 750 ? share : 750;
}

static double scaled_sigmoid(double position)
{
	return position > 3 ? -1 : 2 / (1 + exp(5 * position)) - 1;
}

static const size_t *window_before(const struct nab_series *s, size_t row)
{
	const size_t *last = NULL;
	for (size_t w = 0; w < s->window_count; w++) {
		if (s->windows[w][1] < row)
			last = s->windows[w];
	}
	return last;
}

static bool in_window(const struct nab_series *s, size_t row)
{
	for (size_t w = 0; w < s->window_count; w++) {
		if (row >= s->windows[w][0] && row <= s->windows[w][1])
			return true;
	}
	return false;
}

static void add_false_alarms(
    struct nab_sum *sum, const struct nab_series *s, const bool *detected, size_t from)
{
	for (size_t row = from; row < s->count; row++) {
		if (!detected[row] || in_window(s, row))
			continue;
		const size_t *w = window_before(s, row);
		double cost = w ? scaled_sigmoid((double)(row - w[1]) / (double)(w[1] - w[0])) : -1;
		sum->false_alarms++;
		for (unsigned p = 0; p < NAB_PROFILE_COUNT; p++)
			sum->raw[p] += profiles[p].false_alarm * cost;
	}
}

void nab_add(struct nab_sum *sum, const struct nab_series *s, const bool *detected)
{
	const double hit_most = scaled_sigmoid(-1);
	size_t from = nab_probation(s->count);
	for (size_t w = 0; w < s->window_count; w++) {
		size_t first = s->windows[w][0], last = s->windows[w][1];
		size_t row = first > from ? first : from;
		while (row <= last && !detected[row])
			row++;
		double position = -((double)(last - row) + 1) / (double)(last - first + 1);
		double hit = row <= last ? scaled_sigmoid(position) / hit_most : 0;
		sum->windows++;
		sum->hits += row <= last;
		for (unsigned p = 0; p < NAB_PROFILE_COUNT; p++)
			sum->raw[p] += row <= last ? profiles[p].hit * hit : -profiles[p].miss;
	}
	add_false_alarms(sum, s, detected, from);
}

double nab_score(const struct nab_sum *sum, enum nab_profile profile)
{
	double never = -profiles[profile].miss * (double)sum->windows;
	double perfect = profiles[profile].hit * (double)sum->windows;
	return 100 * (sum->raw[profile] - never) / (perfect - never);
}

static int64_t parse_time(const char *text)
{
	struct tm t = {0};
	if (sscanf(text, "%d-%d-%d %d:%d:%d", &t.tm_year, &t.tm_mon, &t.tm_mday, &t.tm_hour, &t.tm_min,
		&t.tm_sec) < 5)
		return 0;
	t.tm_year -= 1900;
	t.tm_mon -= 1;
	return (int64_t)timegm(&t);
}

static bool load_rows(const char *path, struct nab_series *s)
{
	FILE *f = fopen(path, "r");
	char line[256];
	size_t room = 0;
	if (!f || !fgets(line, sizeof line, f))
		return false;
	while (fgets(line, sizeof line, f)) {
		char *comma = strchr(line, ',');
		if (!comma)
			continue;
		if (s->count == room) {
			room = room ? room * 2 : 4096;
			s->values = realloc(s->values, room * sizeof *s->values);
			s->times = realloc(s->times, room * sizeof *s->times);
			if (!s->values || !s->times)
				abort();
		}
		s->times[s->count] = parse_time(line);
		s->values[s->count++] = strtod(comma + 1, NULL);
	}
	fclose(f);
	return s->count > 0;
}

static void load_windows(json_t *windows, struct nab_series *s)
{
	size_t i;
	json_t *pair;
	json_array_foreach(json_object_get(windows, s->name), i, pair)
	{
		int64_t begin = parse_time(json_string_value(json_array_get(pair, 0)));
		int64_t end = parse_time(json_string_value(json_array_get(pair, 1)));
		size_t first = 0, last = s->count - 1;
		while (first < s->count - 1 && s->times[first] < begin)
			first++;
		while (last > first && s->times[last] > end)
			last--;
		if (s->window_count < NAB_WINDOWS_MAX) {
			s->windows[s->window_count][0] = first;
			s->windows[s->window_count++][1] = last;
		}
	}
}

static size_t load_family(
    const char *dir, const char *family, json_t *windows, struct nab_series *ret, size_t max)
{
	char path[1024];
	struct dirent **entries;
	size_t count = 0;
	(void)snprintf(path, sizeof path, "%s/data/%s", dir, family);
	int n = scandir(path, &entries, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		if (strstr(entries[i]->d_name, ".csv") && count < max) {
			struct nab_series *s = &ret[count];
			*s = (struct nab_series){0};
			(void)snprintf(s->name, sizeof s->name, "%.30s/%.60s", family, entries[i]->d_name);
			(void)snprintf(path, sizeof path, "%s/data/%s", dir, s->name);
			if (load_rows(path, s)) {
				load_windows(windows, s);
				count++;
			}
		}
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return count;
}

size_t nab_load(const char *dir, struct nab_series *ret, size_t max)
{
	char path[1024];
	struct dirent **families;
	json_error_t error;
	size_t count = 0;
	(void)snprintf(path, sizeof path, "%s/combined_windows.json", dir);
	json_t *windows = json_load_file(path, 0, &error);
	(void)snprintf(path, sizeof path, "%s/data", dir);
	int n = scandir(path, &families, NULL, alphasort);
	if (!windows || n < 0)
		fprintf(stderr, "cannot read the series under %s\n", dir);
	for (int i = 0; i < n; i++) {
		if (windows && families[i]->d_name[0] != '.')
			count += load_family(dir, families[i]->d_name, windows, ret + count, max - count);
		free(families[i]);
	}
	if (n >= 0)
		free(families);
	json_decref(windows);
	return count;
}

void nab_free(struct nab_series *s, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(s[i].values);
		free(s[i].times);
	}
}
