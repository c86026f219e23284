import { describe, expect, it } from 'vitest';
import { byteLength } from '$shared/format';
import { CODE_BYTES, mail, reference, type Report, type Words } from './mail';

const WORDS: Words = {
  reference: (text) => `Deskside ${text}`,
  from: (name, device) => `${name}, ${device}`,
};

function report(description: string): Report {
  return {
    client_id: '0193a1b2-7c3d-7000-8000-000000000001',
    title: description.slice(0, 120),
    description,
    requester: { login: 'crobert', display_name: 'Camille Robert', language: 'fr' },
    facts: {},
  };
}

function body(address: string): string {
  return new URL(address).searchParams.get('body') ?? '';
}

describe('the mail in the code', () => {
  it('holds what was written, what is unusual, who, and the reference', () => {
    const address = mail(
      'help@example.org',
      report('Plus de réseau à l’étage 3'),
      ['No network link.'],
      WORDS,
    );
    expect(address).toMatch(/^mailto:help@example\.org\?subject=Plus%20de/);
    expect(body(address)).toBe(
      'Plus de réseau à l’étage 3\r\n- No network link.\r\n\r\nCamille Robert, –\r\nDeskside 0193a1b2',
    );
  });

  it('needs no address: the phone asks for one', () => {
    expect(mail(null, report('x'), [], WORDS)).toMatch(/^mailto:\?subject=x&body=/);
  });

  it('always fits, and cuts findings before words, and no letter in two', () => {
    const many = Array.from({ length: 40 }, (_, index) => `The disk /data${index} is nearly full: 3% left.`);
    for (const text of ['short', 'long text '.repeat(300), '🖨️'.repeat(2000), '&=?#%'.repeat(500)]) {
      const address = mail('help@example.org', report(text), many, WORDS);
      expect(byteLength(address)).toBeLessThanOrEqual(CODE_BYTES);
      expect(body(address)).toContain('Deskside 0193a1b2');
      expect(body(address)).not.toContain('\uFFFD');
    }
    expect(body(mail(null, report('short'), many, WORDS))).toContain('/data0');
    expect(body(mail(null, report('long text '.repeat(300)), many, WORDS))).toContain('long text');
  });

  it('a text cannot add a recipient', () => {
    const address = mail('help@example.org', report('x&cc=everybody@example.org'), [], WORDS);
    expect(new URL(address).searchParams.get('cc')).toBeNull();
  });
});

it('a reference is short enough to say', () => {
  expect(reference('0193a1b2-7c3d-7000-8000-000000000001')).toBe('0193a1b2');
});
