// A certificate that is made for one run, with the authority that signed it. Deno trusts no certificate that has
// signed itself.
import { generate } from 'selfsigned';

const authority = await generate([{ name: 'commonName', value: 'Tests' }], {
  extensions: [
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, critical: true },
  ],
});
const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
  ca: { key: authority.private, cert: authority.cert },
  extensions: [
    {
      name: 'subjectAltName',
      altNames: [
        { type: 2, value: 'localhost' },
        { type: 7, ip: '127.0.0.1' },
      ],
    },
  ],
});

const { cert: ca } = authority;
export { ca, cert, key };
