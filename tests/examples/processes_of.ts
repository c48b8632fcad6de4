/**
 * The processes of a session that run, each as its command line: those that
 * have its `UNIQUE_ID` in their environment. None where the system is not Linux.
 *
 * @param id What the log calls `id`.
 */
export function processesOf(id: string): string[] {
  if (Deno.build.os !== "linux") return [];
  const found: string[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const env = Deno.readTextFileSync(`/proc/${name}/environ`);
      if (!env.split("\0").includes(`UNIQUE_ID=${id}`)) continue;
      const words = Deno.readTextFileSync(`/proc/${name}/cmdline`);
      found.push(words.split("\0").join(" ").trim());
    } catch {
      // Ended between the two looks, or belongs to another user.
    }
  }
  return found;
}
