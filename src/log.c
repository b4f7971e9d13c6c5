/* SPDX-License-Identifier: MIT */
#include "log.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "log_target.h"
#include "scratch.h"
#include "status.h"
#include "sys.h"

/* One write of this much to a pipe is never torn: PIPE_BUF, pipe(7). */
#define LINE_BYTES 4096
_Static_assert(LINE_BYTES <= SCRATCH_BYTES, "a line is made in a scratch page");

/* A line of one of our own strings, with the program's name in it, escaped. */
#define SHORT_LINE_BYTES 400

#define TERMINAL_PIECE 240

static const char *const level_names[] = { "error", "warning", "notice", "info", "debug" };
_Static_assert(sizeof(level_names) / sizeof(*level_names) == LOG_LEVEL_COUNT, "each level has a name");

static bool started, silent;
static enum log_level wanted;
static const char *program;

const char *log_level_name(size_t index)
{
	return index < LOG_LEVEL_COUNT ? level_names[index] : NULL;
}

void log_start(enum log_level level, bool no_lines, const char *program_name)
{
	wanted = level;
	program = program_name;
	silent = !log_target_start() || no_lines;
	started = true;
}

bool log_wants(enum log_level level)
{
	return started && level <= wanted;
}

/* One byte is kept for the line's end. */
static void begin(struct text *line, char *buffer, size_t size, enum log_level level)
{
	text_init(line, buffer, size - 1);
	text_string(line, "madvisor[");
	text_number(line, (uint64_t)sys_getpid());
	text_string(line, "] ");
	text_escaped(line, program ? program : "?", program ? strlen(program) : 1);
	text_string(line, ": ");
	text_string(line, level_names[level]);
	text_string(line, ": ");
}

bool log_begin(struct text *line, enum log_level level)
{
	char *page = log_wants(level) ? scratch_take() : NULL;
	if (page)
		begin(line, page, LINE_BYTES, level);
	return page;
}

bool log_begin_rule(struct text *line, enum log_level level, const struct rule *rule)
{
	if (!log_begin(line, level))
		return false;
	text_escaped(line, rule->source, strlen(rule->source));
	text_byte(line, ':');
	text_number(line, rule->line);
	text_string(line, ": ");
	return true;
}

/*
 * A terminal that says it has room takes a piece of text as long as a buffer of the kernel's, 256 bytes, but after that maybe not
 * a line's end, which becomes two bytes: n_tty_write waits for those. So the end has a write, and a question, of its own; and each
 * byte has where the terminal changes their case. Returns how many bytes were written.
 */
static size_t write_pieces(const char *bytes, size_t length, size_t largest)
{
	size_t written = 0;
	while (written < length && sys_writable_now(LOG_DESCRIPTOR)) {
		size_t text = length - 1 - written;
		size_t piece = text == 0 ? 1 : text < largest ? text : largest;
		long result = sys_write(LOG_DESCRIPTOR, bytes + written, piece);
		if (result <= 0)
			break;
		written += (size_t)result;
	}
	return written;
}

/*
 * The room that a terminal has may be another writer's a moment later: of a process and all it forked one asks and writes at a time,
 * and nobody waits for his turn. What follows a line that was cut begins a new one.
 */
static long write_to_terminal(const char *bytes, size_t length, size_t largest)
{
	static _Atomic uint32_t own_turn;
	_Atomic uint32_t *turn = status_page() ? &status_page()->terminal : &own_turn;
	uint32_t before = atomic_exchange_explicit(turn, TERMINAL_BUSY, memory_order_acquire);
	if (before == TERMINAL_BUSY)
		return -EAGAIN;
	bool cut = before == TERMINAL_CUT && write_pieces("\n", 1, 1) != 1;
	size_t written = cut ? 0 : write_pieces(bytes, length, largest);
	cut |= written > 0 && written < length;
	atomic_store_explicit(turn, cut ? TERMINAL_CUT : TERMINAL_FREE, memory_order_release);
	return written == length ? (long)length : -EAGAIN;
}

static long write_without_waiting(const char *bytes, size_t length)
{
	long result = sys_write_nowait(LOG_DESCRIPTOR, bytes, length);
	bool not_supported = result == -EOPNOTSUPP || result == -ENOSYS || result == -EINVAL || result == -EPERM;
	if (!not_supported)
		return result;
	bool by_bytes;
	if (log_target_is_device() && sys_is_terminal(LOG_DESCRIPTOR, &by_bytes))
		return write_to_terminal(bytes, length, by_bytes ? 1 : TERMINAL_PIECE);
	return sys_writable_now(LOG_DESCRIPTOR) ? sys_write(LOG_DESCRIPTOR, bytes, length) : -EAGAIN;
}

static void write_line(const char *bytes, size_t length)
{
	sys_sigset host_mask, pending = 0;
	if (sys_block_signals(&host_mask) < 0)
		return;
	sys_pending_signals(&pending);
	long result = log_target_stands() ? write_without_waiting(bytes, length) : -EBADF;
	if (result == -EPIPE)
		sys_take_signal(SIGPIPE, pending);
	if (result == -EFBIG)
		sys_take_signal(SIGXFSZ, pending);
	sys_restore_signals(&host_mask);
	if (result < (long)length && status_page())
		atomic_fetch_add_explicit(&status_page()->lines_dropped, 1, memory_order_relaxed);
}

/* Names of programs, policies and settings are anybody's: none may begin a line of its own, or speak to a terminal. */
static void hide_control_bytes(struct text *line)
{
	for (size_t i = 0; i < line->length; i++)
		if ((unsigned char)line->buffer[i] < 0x20 || line->buffer[i] == 0x7f)
			line->buffer[i] = '?';
}

static void end(struct text *line)
{
	hide_control_bytes(line);
	status_keep_line(line->buffer, line->length);
	if (!silent) {
		line->buffer[line->length] = '\n';
		write_line(line->buffer, line->length + 1);
	}
}

void log_end(struct text *line)
{
	end(line);
	scratch_give(line->buffer);
}

void log_line(enum log_level level, const char *message)
{
	char buffer[SHORT_LINE_BYTES];
	struct text line;
	if (log_wants(level)) {
		begin(&line, buffer, sizeof(buffer), level);
		text_string(&line, message);
		end(&line);
	}
}
