const everyFewMilliseconds = 15;

/** Milliseconds until `done` first answers true; rejects with what `seen` tells when that takes longer than `timeout`. */
export async function waitUntil(
  done: () => boolean | Promise<boolean>,
  timeout: number,
  seen: () => string,
): Promise<number> {
  const start = performance.now();
  while (!(await done())) {
    if (performance.now() - start > timeout) throw new Error(`not within ${timeout} ms: ${seen()}`);
    await new Promise((resolve) => setTimeout(resolve, everyFewMilliseconds));
  }
  return performance.now() - start;
}
