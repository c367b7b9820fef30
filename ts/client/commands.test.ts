import { describe, expect, it, jest } from '@jest/globals';
import { Commands } from './commands.js';

describe('Commands', () => {
  it('runs one after the other', async () => {
    const commands = new Commands();
    const log: string[] = [];
    const command = (name: string) => async () => {
      log.push(`${name} begins`);
      await Promise.resolve();
      log.push(`${name} ends`);
      return name;
    };

    const results = await Promise.all([commands.run(command('a')), commands.run(command('b'))]);

    expect(results).toEqual(['a', 'b']);
    expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
  });

  it('goes on after one that failed', async () => {
    const commands = new Commands();
    const failed = commands.run(async () => {
      throw new Error('no');
    });
    const next = commands.run(async () => 'yes');

    await expect(failed).rejects.toThrow('no');
    await expect(next).resolves.toBe('yes');
  });

  it('rejects all at once when it closes, even what would never end, and starts none', async () => {
    const commands = new Commands();
    const second = jest.fn(async () => {});
    const endless = commands.run(() => new Promise(() => {}));
    const waiting = commands.run(second);

    commands.close(new Error('closed'));

    await expect(endless).rejects.toThrow('closed');
    await expect(waiting).rejects.toThrow('closed');
    await expect(new Commands().run(async () => 1)).resolves.toBe(1);
    expect(second).not.toHaveBeenCalled();
  });

  it('runs nothing after it closed', async () => {
    const commands = new Commands();
    commands.close(new Error('closed'));

    await expect(commands.run(async () => 1)).rejects.toThrow('closed');
  });
});
