// The part of Zod that the examples use.

declare module 'zod' {
  import type { StandardSchema } from 'lovely-session';

  export function number(): StandardSchema<number>;
  export function string(): StandardSchema<string>;
}
