using System.Security.Cryptography;
using ActorDcp.Protocol.Sasl;

namespace ActorDcp.Producer.Access;

/// <summary>What a server keeps of a password for one SCRAM mechanism (RFC 5802).</summary>
internal sealed record ScramCredential(ScramMechanism Mechanism, byte[] Salt, int Iterations, byte[] StoredKey, byte[] ServerKey)
{
    public const int DefaultIterations = 15_000;
    private const int SaltLength = 16;

    public static ScramCredential Create(ScramMechanism mechanism, string password, int iterations)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltLength);
        return From(mechanism, salt, SaslPrep.Prepare(password), iterations);
    }

    public static ScramCredential Unknown(ScramMechanism mechanism, byte[] salt) =>
        new(mechanism, salt, DefaultIterations, RandomNumberGenerator.GetBytes(mechanism.HashLength),
            RandomNumberGenerator.GetBytes(mechanism.HashLength));

    private static ScramCredential From(ScramMechanism mechanism, byte[] salt, ReadOnlySpan<byte> password, int iterations)
    {
        var salted = Rfc2898DeriveBytes.Pbkdf2(password, salt, iterations, mechanism.Hash, mechanism.HashLength);
        var storedKey = mechanism.HashOf(mechanism.Hmac(salted, "Client Key"u8));
        return new ScramCredential(mechanism, salt, iterations, storedKey, mechanism.Hmac(salted, "Server Key"u8));
    }
}
