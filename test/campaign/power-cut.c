/*
 * Preloaded into a server, this keeps a record of what a power cut would leave of the folder $POWER_CUT_FOLDER, in
 * $POWER_CUT_RECORD:
 *
 *   files/<id>    the bytes of a file as of its last fsync or fdatasync
 *   folders/<id>  the entries of a folder as of its last fsync, one a line: "<type> <id> <name>", type f or d
 *
 * An id is an inode's number and the time when it was made, as numbers are given anew. What has no record was never
 * synced. A record is written aside and renamed, so that there is a whole one whenever the process is killed; records are
 * written one after the other, so that none replaces a later one. A sync returns when its record is there. Nothing is
 * really synced, for nothing really loses power.
 *
 * A sync of what has $POWER_CUT_DEAF in its path leaves no record, as if the disk had not heard of it. Nor do
 * O_SYNC and O_DSYNC, sync() and syncfs(): what relies on them counts as lost.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ID_LENGTH 64
#define COPY_BYTES (1 << 20)

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static void fail(const char *what) {
  fprintf(stderr, "power-cut.c: %s: %s\n", what, strerror(errno));
  abort();
}

/* Fails only for what is gone. */
static int identify(int folder, const char *name, int flags, char id[ID_LENGTH], mode_t *mode) {
  struct statx found;
  if (statx(folder, name, flags, STATX_BASIC_STATS | STATX_BTIME, &found) != 0) return -1;
  long long seconds = found.stx_mask & STATX_BTIME ? found.stx_btime.tv_sec : 0;
  unsigned nanoseconds = found.stx_mask & STATX_BTIME ? found.stx_btime.tv_nsec : 0;
  snprintf(id, ID_LENGTH, "%llu-%lld", (unsigned long long)found.stx_ino,
           seconds * 1000000000LL + nanoseconds);
  *mode = found.stx_mode;
  return 0;
}

static void record_file(int source, int target) {
  static char bytes[COPY_BYTES];
  off_t at = 0;
  for (;;) {
    ssize_t length = pread(source, bytes, sizeof bytes, at);
    if (length < 0) fail("read");
    if (length == 0) return;
    if (write(target, bytes, length) != length) fail("write");
    at += length;
  }
}

static void record_folder(int source, int target) {
  FILE *lines = fdopen(dup(target), "w");
  DIR *folder = fdopendir(dup(source));
  if (lines == NULL || folder == NULL) fail("open");
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    char id[ID_LENGTH];
    mode_t mode;
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    if (identify(dirfd(folder), entry->d_name, AT_SYMLINK_NOFOLLOW, id, &mode) != 0) continue;
    fprintf(lines, "%c %s %s\n", S_ISDIR(mode) ? 'd' : 'f', id, entry->d_name);
  }
  closedir(folder);
  if (fclose(lines) != 0) fail("write");
}

static int keep_record(int fd) {
  const char *watched = getenv("POWER_CUT_FOLDER"), *record = getenv("POWER_CUT_RECORD");
  char link[64], place[PATH_MAX], id[ID_LENGTH], aside[PATH_MAX], final[PATH_MAX];
  mode_t mode;
  if (watched == NULL || record == NULL) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, place, sizeof place - 1);
  if (length < 0) return -1;
  place[length] = '\0';
  size_t prefix = strlen(watched);
  if (strncmp(place, watched, prefix) != 0 || (place[prefix] != '/' && place[prefix] != '\0')) return 0;
  const char *deaf = getenv("POWER_CUT_DEAF");
  if (deaf != NULL && strstr(place, deaf) != NULL) return 0;
  if (identify(fd, "", AT_EMPTY_PATH, id, &mode) != 0) return -1;

  pthread_mutex_lock(&turn);
  /* Opened anew only if need be: a close gives up the locks that SQLite has on the file. */
  int is_readable = !S_ISDIR(mode) && (fcntl(fd, F_GETFL) & O_ACCMODE) != O_WRONLY;
  int source = is_readable ? fd : open(link, O_RDONLY | O_CLOEXEC);
  snprintf(aside, sizeof aside, "%s/aside.%d", record, getpid());
  snprintf(final, sizeof final, "%s/%s/%s", record, S_ISDIR(mode) ? "folders" : "files", id);
  int target = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (source < 0 || target < 0) fail(final);
  if (S_ISDIR(mode)) record_folder(source, target);
  else record_file(source, target);
  if (source != fd) close(source);
  close(target);
  if (rename(aside, final) != 0) fail(final);
  pthread_mutex_unlock(&turn);
  return 0;
}

int fsync(int fd) { return keep_record(fd); }

int fdatasync(int fd) { return keep_record(fd); }
