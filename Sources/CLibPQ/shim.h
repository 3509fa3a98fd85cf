#ifndef CLIBPQ_SHIM_H
#define CLIBPQ_SHIM_H

#include <libpq-fe.h>
/* PG_DIAG_* field codes are character constants, which Swift's importer keeps only as plain C constants. */
#include <stdint.h>

static const int32_t clibpq_diag_sqlstate = PG_DIAG_SQLSTATE;
static const int32_t clibpq_diag_message_primary = PG_DIAG_MESSAGE_PRIMARY;
static const int32_t clibpq_diag_message_detail = PG_DIAG_MESSAGE_DETAIL;
static const int32_t clibpq_diag_message_hint = PG_DIAG_MESSAGE_HINT;

#endif
