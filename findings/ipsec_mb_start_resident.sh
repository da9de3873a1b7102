#!/bin/bash
# Expected: a program that links libipsec-mb and uses one cipher has the code of that cipher resident.
# Happens: init_mb_mgr_auto() tests all algorithms of the library against known answers, each in the code for this processor; that
# makes some 3 MB of its code resident, and they stay, because the kernel keeps mapped pages of a file that nobody uses as
# long as memory is free. MADV_DONTNEED on its code gives them back; the cipher works afterwards, with what it needs alone.
# Version: libipsec-mb 1.3-2.
# Why it matters: a small worker process per host appears to be a large one from its first second, without a byte allocated.
# shellcheck source=findings/lib.sh
source "$(dirname "$(readlink -f "$0")")/lib.sh"
packages gcc libc6-dev libipsec-mb1=1.3-2 libipsec-mb-dev=1.3-2
alone
cat >"$folder/start.c" <<'C'
#include <intel-ipsec-mb.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

// Of the library's code: KB resident; gives them back if asked to.
static long code_kb(int give_back) {
  FILE *maps = fopen("/proc/self/smaps", "r");
  char line[512];
  unsigned long begin = 0, end = 0;
  long sum = 0, kb;
  int ours = 0;
  while (maps && fgets(line, sizeof line, maps)) {
    if (strstr(line, "-") && sscanf(line, "%lx-%lx", &begin, &end) == 2)
      ours = strstr(line, " r-xp ") && strstr(line, "libIPSec_MB");
    else if (ours && sscanf(line, "Rss: %ld kB", &kb) == 1) {
      sum += kb;
      if (give_back) madvise((void *)begin, end - begin, MADV_DONTNEED);
    }
  }
  if (maps) fclose(maps);
  return sum;
}

static void show(const char *when) { printf("%s: %ld KB\n", when, code_kb(0)); }

int main(void) {
  IMB_MGR *manager = alloc_mb_mgr(0);
  show("allocated");
  init_mb_mgr_auto(manager, NULL);
  show("initialised");
  code_kb(1);
  static struct gcm_key_data key;
  struct gcm_context_data context;
  unsigned char text[64] = {0}, sealed[64], opened[64], nonce[12] = {0}, tag[16];
  IMB_AES256_GCM_PRE(manager, text, &key);
  IMB_AES256_GCM_ENC(manager, &key, &context, sealed, text, sizeof text, nonce, text, 8, tag, sizeof tag);
  IMB_AES256_GCM_DEC(manager, &key, &context, opened, sealed, sizeof text, nonce, text, 8, tag, sizeof tag);
  show(memcmp(opened, text, sizeof text) ? "broken" : "given back, and AES-256-GCM used");
  free_mb_mgr(manager);
  return 0;
}
C
gcc -O1 -o "$folder/start" "$folder/start.c" -lIPSec_MB
"$folder/start" | tee "$folder/said"
kb() { sed -n "s/^$1: \([0-9]*\) KB$/\1/p" "$folder/said"; }
[ "$(kb initialised)" -gt $(($(kb allocated) + 1500)) ] || fail "the start makes no code resident"
[ "$(kb 'given back, and AES-256-GCM used')" -lt $(($(kb initialised) / 4)) ] || fail "it stays"
