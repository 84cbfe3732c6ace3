/* What number.c (by value) and number_format.c (as text) share. */
#ifndef WARD_CONTRACT_NUMBER_PARTS_H
#define WARD_CONTRACT_NUMBER_PARTS_H

#include "contract/json.h"

/* 10^0 to 10^22, which doubles hold exactly. */
#define NUMBER_POWERS 23
extern const double number_powers[NUMBER_POWERS];

/* count significant digits of |d|, without the point, and the exponent of the last one. */
void number_digits(double d, int count, char digits[24], int64_t *ret_exponent);

#endif
