using System.Security.Cryptography;
using System.Text;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Access;

/// <summary>One SCRAM authentication under way, server side (dcp-reference.md 2.3).</summary>
internal sealed class SaslExchange
{
    private const string Gs2Flag = "n,";
    private const string ChannelBinding = "c=biws";
    private const string NoBase64 = "An exception occurred";
    private readonly ScramCredential _credential;
    private readonly string _nonce;
    private readonly string _firstMessages;

    private SaslExchange(string user, ScramCredential credential, string nonce, string clientFirstBare)
    {
        User = user;
        _credential = credential;
        _nonce = nonce;
        Challenge = $"r={nonce},s={Convert.ToBase64String(credential.Salt)},i={credential.Iterations}";
        _firstMessages = $"{clientFirstBare},{Challenge}";
    }

    public string User { get; }

    public string Mechanism => _credential.Mechanism.Name;

    /// <summary>The server's first message.</summary>
    public string Challenge { get; }

    /// <summary>Begins with the client's first message; null when it is malformed.</summary>
    public static SaslExchange? Begin(UserAccounts accounts, ScramMechanism mechanism, ReadOnlySpan<byte> clientFirst)
    {
        var text = Encoding.UTF8.GetString(clientFirst);
        // an authorization identity is skipped: the proof will not fit it (10.17)
        var behindIdentity = text.StartsWith(Gs2Flag, StringComparison.Ordinal) ? text.IndexOf(',', Gs2Flag.Length) : -1;
        if (behindIdentity < 0)
            return null;
        var bare = text[(behindIdentity + 1)..];
        var attributes = bare.Split(',');
        if (attributes.Length != 2 || !attributes[0].StartsWith("n=", StringComparison.Ordinal)
            || !attributes[1].StartsWith("r=", StringComparison.Ordinal) || attributes[1].Length == 2)
            return null;
        var user = attributes[0][2..].Replace("=2C", ",", StringComparison.Ordinal).Replace("=3D", "=", StringComparison.Ordinal);
        var nonce = attributes[1][2..] + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        return new SaslExchange(user, accounts.Find(user, mechanism), nonce, bare);
    }

    /// <summary>Checks the client's proof. On success the answer is the server's signature, else what the refusal says; empty for nothing.</summary>
    public Status Finish(UserAccounts accounts, ReadOnlySpan<byte> clientFinal, out string answer)
    {
        answer = "";
        var text = Encoding.UTF8.GetString(clientFinal);
        var attributes = text.Split(',');
        if (attributes.Length != 3 || !attributes[2].StartsWith("p=", StringComparison.Ordinal))
            return Status.InvalidArguments;
        var mechanism = _credential.Mechanism;
        if (!TryDecode(attributes[2][2..], out var proof))
        {
            answer = NoBase64;
            return Status.AuthError;
        }
        if (proof.Length != mechanism.HashLength)
            return Status.InvalidArguments;
        if (attributes[0] != ChannelBinding || attributes[1] != $"r={_nonce}")
            return Status.AuthError;

        var message = Encoding.UTF8.GetBytes($"{_firstMessages},{attributes[0]},{attributes[1]}");
        var clientKey = mechanism.Hmac(_credential.StoredKey, message);
        for (var i = 0; i < clientKey.Length; i++)
            clientKey[i] ^= proof[i];
        if (!CryptographicOperations.FixedTimeEquals(mechanism.HashOf(clientKey), _credential.StoredKey) || !accounts.Contains(User))
            return Status.AuthError;
        answer = $"v={Convert.ToBase64String(mechanism.Hmac(_credential.ServerKey, message))}";
        return Status.Success;
    }

    private static bool TryDecode(string text, out byte[] bytes)
    {
        var buffer = new byte[text.Length];
        var isBase64 = Convert.TryFromBase64String(text, buffer, out var length);
        bytes = buffer[..length];
        return isBase64;
    }
}
