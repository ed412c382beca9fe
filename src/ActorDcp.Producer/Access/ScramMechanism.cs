using System.Collections.Immutable;
using System.Security.Cryptography;

namespace ActorDcp.Producer.Access;

/// <summary>One of the SCRAM mechanisms and its hash (dcp-reference.md 2.3). Strongest first.</summary>
internal sealed record ScramMechanism(string Name, HashAlgorithmName Hash, int HashLength)
{
    public static ImmutableArray<ScramMechanism> All { get; } =
    [
        new("SCRAM-SHA512", HashAlgorithmName.SHA512, 64),
        new("SCRAM-SHA256", HashAlgorithmName.SHA256, 32),
        new("SCRAM-SHA1", HashAlgorithmName.SHA1, 20),
    ];

    public static ScramMechanism? Find(string name) => All.FirstOrDefault(mechanism => mechanism.Name == name);

    public byte[] HashOf(ReadOnlySpan<byte> data) => CryptographicOperations.HashData(Hash, data);

    public byte[] Hmac(ReadOnlySpan<byte> key, ReadOnlySpan<byte> data) => CryptographicOperations.HmacData(Hash, key, data);
}
