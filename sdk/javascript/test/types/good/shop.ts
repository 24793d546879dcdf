// A typed shop.

import {
  ConflictError,
  Container,
  Cookie,
  SessionError,
  Transaction,
  transact,
  visitors,
  type Session,
  type StandardSchema,
  type Visit,
} from 'lovely-session';

interface Address {
  street: string;
  floor?: number;
  lines: readonly string[];
}

interface ShopSession {
  cart: Record<string, number>;
  checkout: { attempts: number; coupon: string; address: Address | null; paid?: boolean };
}

declare const numberSchema: StandardSchema<number>;

const shop = visitors<ShopSession>('shop', {
  cookie: { name: 'sid', maxAge: 3600, sameSite: 'strict', path: '/', partitioned: false },
  timeout: 3600,
  isolation: 'snapshot',
  patience: 1000,
  shapes: { cart: numberSchema, checkout: { coupon: String, attempts: numberSchema } },
});

function order(visit: Visit<ShopSession>): number {
  const session: Session<ShopSession> = visit.sessionOrBegin();
  const cart = session.package('cart');
  const checkout = session.package('checkout');
  cart.set('apple', 2);
  cart.add('apple', 1n);
  cart.update({ pear: 1 });
  cart.update(new Map([['plum', 3]]));
  checkout.set('address', { street: 'Main street', lines: ['a'] });
  checkout.set('paid', true);
  checkout.add('attempts', 1);
  checkout.update({ coupon: 'WELCOME' });
  {
    using savepoint = visit.savepoint();
    cart.clear();
    savepoint.release();
  }
  const coupon: string | undefined = checkout.get('coupon');
  const street: string | undefined = checkout.peek('address')?.street;
  const quantities: number[] = cart.entries().map(([, quantity]) => quantity);
  const items: Record<string, number> = Object.fromEntries(cart.peekEntries());
  return quantities.length + Object.keys(items).length + (coupon ?? street ?? '').length + (cart.get('apple') ?? 0);
}

export async function respond(request: Request): Promise<Response> {
  const { value, setCookie } = await shop.visit(request, order);
  const later: { value: string } = await shop.visit(request.headers, async () => 'asynchronous');
  const total: number = value;
  const cookie: string | undefined = setCookie;
  return new Response(`${total} ${cookie} ${later.value}`);
}

addEventListener(
  'fetch',
  shop.listener((visit, request) => new Response(`${visit.session?.id} ${request.url}`), {
    onError: (error) => (error instanceof ConflictError ? new Response(String(error.conflicts.length)) : undefined),
  }),
);

export async function untyped(request: Request): Promise<void> {
  await visitors('any', { cookie: { name: 'sid' } }).visit(request, (visit) => {
    const stored = visit.sessionOrBegin().package('anything');
    stored.set('key', { any: ['value'] });
    stored.add('count', 1);
    const value: string = stored.get('key');
    return value;
  });
}

export async function byHand(): Promise<number> {
  const players = Container.open<{ score: { points: number } }>('players', { timeout: 0 });
  using transaction = Transaction.begin({ isolation: 'last-writer-wins' });
  players.session(transaction, 'player 7').package('score').set('points', 1);
  transaction.commit();
  return transact((inner) => players.session(inner, 'player 7').package('score').get('points') ?? 0);
}

export function describe(error: unknown): string {
  if (!(error instanceof SessionError)) return 'another error';
  return error.code === 'conflict' ? 'a conflict' : error.message;
}

export const cookie: string = new Cookie({ name: 'sid' }).setCookie('id');
