using System.Security.Cryptography;

namespace ActorDcp.Protocol.Sasl;

/// <summary>The hash that a SCRAM mechanism is built on (RFC 5802, RFC 7677). Shared by clients and servers.</summary>
public sealed class ScramAlgorithm
{
    private readonly HashAlgorithmName _hash;

    private ScramAlgorithm(SaslMechanism mechanism, HashAlgorithmName hash, int hashLength)
    {
        Mechanism = mechanism;
        _hash = hash;
        HashLength = hashLength;
    }

    /// <summary>SCRAM-SHA1.</summary>
    public static ScramAlgorithm Sha1 { get; } = new(SaslMechanism.ScramSha1, HashAlgorithmName.SHA1, 20);

    /// <summary>SCRAM-SHA256.</summary>
    public static ScramAlgorithm Sha256 { get; } = new(SaslMechanism.ScramSha256, HashAlgorithmName.SHA256, 32);

    /// <summary>SCRAM-SHA512.</summary>
    public static ScramAlgorithm Sha512 { get; } = new(SaslMechanism.ScramSha512, HashAlgorithmName.SHA512, 64);

    /// <summary>The mechanism.</summary>
    public SaslMechanism Mechanism { get; }

    /// <summary>Bytes of a hash.</summary>
    public int HashLength { get; }

    /// <summary>The algorithm of a SCRAM mechanism.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is no SCRAM mechanism.</exception>
    public static ScramAlgorithm Of(SaslMechanism mechanism) => mechanism switch
    {
        SaslMechanism.ScramSha1 => Sha1,
        SaslMechanism.ScramSha256 => Sha256,
        SaslMechanism.ScramSha512 => Sha512,
        _ => throw new ArgumentOutOfRangeException(nameof(mechanism), mechanism, "not a SCRAM mechanism"),
    };

    /// <summary>Hi of RFC 5802: PBKDF2 over the password's UTF-8 after SASLprep. Takes milliseconds of CPU.</summary>
    public byte[] SaltPassword(string password, ReadOnlySpan<byte> salt, int iterations) =>
        Rfc2898DeriveBytes.Pbkdf2(SaslPrep.Prepare(password), salt, iterations, _hash, HashLength);

    internal byte[] Hmac(ReadOnlySpan<byte> key, ReadOnlySpan<byte> data) => CryptographicOperations.HmacData(_hash, key, data);

    internal byte[] Digest(ReadOnlySpan<byte> data) => CryptographicOperations.HashData(_hash, data);
}
