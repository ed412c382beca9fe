using System.Security.Cryptography;
using System.Text;

namespace ActorDcp.Protocol.Sasl;

/// <summary>
/// The keys that SCRAM derives from a salted password (dcp-reference.md 2.3), and what they prove. Clients and servers share it. The
/// auth message is <c>client-first-bare , server-first , client-final-without-proof</c>.
/// </summary>
public sealed class ScramKeys
{
    private readonly ScramAlgorithm _algorithm;
    private readonly byte[] _clientKey;
    private readonly byte[] _storedKey;
    private readonly byte[] _serverKey;

    /// <summary>Derives the keys.</summary>
    /// <param name="algorithm">The hash.</param>
    /// <param name="saltedPassword">What <see cref="ScramAlgorithm.SaltPassword"/> made.</param>
    public ScramKeys(ScramAlgorithm algorithm, ReadOnlySpan<byte> saltedPassword)
    {
        ArgumentNullException.ThrowIfNull(algorithm);
        _algorithm = algorithm;
        _clientKey = algorithm.Hmac(saltedPassword, "Client Key"u8);
        _storedKey = algorithm.Digest(_clientKey);
        _serverKey = algorithm.Hmac(saltedPassword, "Server Key"u8);
    }

    /// <summary>What a client sends to show that it knows the password.</summary>
    public byte[] ClientProof(string authMessage)
    {
        var proof = _algorithm.Hmac(_storedKey, Encoding.UTF8.GetBytes(authMessage));
        for (var i = 0; i < proof.Length; i++)
            proof[i] ^= _clientKey[i];
        return proof;
    }

    /// <summary>Whether a client's proof is right.</summary>
    public bool AcceptsProof(ReadOnlySpan<byte> proof, string authMessage) =>
        CryptographicOperations.FixedTimeEquals(proof, ClientProof(authMessage));

    /// <summary>What a server sends to show that it knows the password.</summary>
    public byte[] ServerSignature(string authMessage) => _algorithm.Hmac(_serverKey, Encoding.UTF8.GetBytes(authMessage));
}
