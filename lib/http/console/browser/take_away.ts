/**
 * Ways of a text or of data out of the page.
 *
 * @module
 */

/** Puts a text on the clipboard. False if the browser does not let it. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Browsers have that only on localhost and with TLS; the old way works everywhere.
    return copySelected(text);
  }
}

/** Offers data as a file to save. */
export function saveFile(name: string, data: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(data);
  link.download = name;
  link.click();
  // The download has begun by then, and has its own hold on the data.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function copySelected(text: string): boolean {
  const before = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "unseen";
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  if (before instanceof HTMLElement) before.focus();
  return copied;
}
