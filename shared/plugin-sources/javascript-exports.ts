import { nodeExports } from '../single-file-plugin.ts';

/**
 * The names that a JavaScript or TypeScript file may export, seen without running it. Rather one too many than one too few: what is not
 * found here is refused.
 * @returns undefined when more may be exported than can be seen
 */
export function visibleExports(text: string): string[] | undefined {
  if (isOpen.some((pattern) => pattern.test(text))) return undefined;
  const lists = captures(text, /\bexport\s*\{([^}]*)\}/g).flatMap((list) =>
    list.split(',').map((item) => item.trim().split(/\s+/)),
  );
  const listed = lists.map((words) => words.at(-1) ?? '');
  const names = [
    ...nodeExports(text),
    ...captures(text, /\bexport\s+(?:async\s+)?(?:function\s*\*?|class|const|let|var)\s*([A-Za-z_$][\w$]*)/g),
    ...captures(text, /\bexports\s*(?:\.\s*|\[\s*["'])([A-Za-z_$][\w$]*)/g),
    ...listed,
    ...(/\bexport\s+default\b/.test(text) || listed.includes('default') ? ['main'] : []),
  ];
  return [...new Set(names)];
}

/** What is passed on from elsewhere, put together as an object, or declared beside another cannot be seen. */
const isOpen = [
  /\bexport\s*\*/,
  /\bmodule\.exports\s*=/,
  /\bObject\.(?:assign|defineProperty|defineProperties)\(\s*(?:module\.)?exports\s*,(?!\s*["']__esModule)/,
  /\bexport\s+(?:const|let|var)\s*[{[]/,
  /\bexport\s+(?:let|var)\s[^;=]*,/,
  /\b__exportStar\(/,
];

const captures = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map((match) => match[1] ?? '');
