using System.Text;
using ActorDcp.Protocol.Sasl;

namespace ActorDcp.Producer.Tests.Captures;

/// <summary>Makes a recorded SCRAM exchange good for another nonce and salt: right proofs stay right, wrong ones wrong.</summary>
internal sealed class ScramPlayback
{
    private static readonly Dictionary<string, string> Passwords = new()
    {
        ["dcp"] = "dcppass",
        ["reader"] = "readerpass",
        ["Administrator"] = "password",
    };

    private string _mechanism = "";
    private string _clientFirst = "";
    private string _recorded = "";
    private string _played = "";

    public static IReadOnlyDictionary<string, string> Users => Passwords;

    public void Begin(byte[] mechanism, byte[] clientFirst)
    {
        _mechanism = Encoding.ASCII.GetString(mechanism).ToUpperInvariant();
        _clientFirst = Encoding.UTF8.GetString(clientFirst);
        _recorded = _played = "";
    }

    public void Challenge(byte[] recorded, byte[] played)
    {
        _recorded = Encoding.UTF8.GetString(recorded);
        _played = Encoding.UTF8.GetString(played);
    }

    public byte[] Finish(byte[] clientFinal)
    {
        var parts = Encoding.UTF8.GetString(clientFinal).Split(',');
        if (_played.Length == 0 || parts.Length != 3 || !SaslMechanisms.TryParse(_mechanism, out var mechanism))
            return clientFinal;
        var recorded = Message(_recorded, parts[0], parts[1]);
        if (parts[1] == _recorded.Split(',')[0])
            parts[1] = _played.Split(',')[0];
        if (IsRight(mechanism, recorded, parts[2]))
            parts[2] = $"p={Convert.ToBase64String(Keys(mechanism, _played)!.ClientProof(Message(_played, parts[0], parts[1])))}";
        return Encoding.UTF8.GetBytes(string.Join(',', parts));
    }

    private bool IsRight(SaslMechanism mechanism, string message, string proof)
    {
        var bytes = new byte[ScramAlgorithm.Of(mechanism).HashLength];
        return proof.StartsWith("p=", StringComparison.Ordinal) && Convert.TryFromBase64String(proof[2..], bytes, out var length)
            && length == bytes.Length && Keys(mechanism, _recorded) is { } keys && keys.AcceptsProof(bytes, message);
    }

    private ScramKeys? Keys(SaslMechanism mechanism, string serverFirst)
    {
        var user = _clientFirst.Split(',').FirstOrDefault(part => part.StartsWith("n=", StringComparison.Ordinal))?[2..] ?? "";
        if (!Passwords.TryGetValue(user, out var password))
            return null;
        var first = ScramMessage.Parse(Encoding.UTF8.GetBytes(serverFirst));
        var algorithm = ScramAlgorithm.Of(mechanism);
        var iterations = int.Parse(first['i'], System.Globalization.CultureInfo.InvariantCulture);
        return new ScramKeys(algorithm, algorithm.SaltPassword(password, first.BytesOf('s'), iterations));
    }

    private string Message(string serverFirst, string binding, string nonce) => $"{_clientFirst["n,,".Length..]},{serverFirst},{binding},{nonce}";
}
