using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ActorDcp.Protocol.Sasl;

/// <summary>SCRAM without channel binding (dcp-reference.md 2.3, RFC 5802).</summary>
internal sealed class ScramClient : SaslClient
{
    /// <summary>
    /// RFC 7677 wants 4,096 iterations at least and today's servers use 15,000, but older ones and development set-ups were built
    /// with 4,000, which are hardly weaker; so that is where refusal begins unless told otherwise.
    /// </summary>
    internal const int DefaultMinimumIterations = 4000;

    // more would only burn CPU on a hostile server's behalf
    private const int MaximumIterations = 5_000_000;

    private const int NonceBytes = 24;
    private const string ChannelBinding = "n,,";

    private readonly ScramAlgorithm _algorithm;
    private readonly string _password;
    private readonly string _nonce;
    private readonly int _minimumIterations;
    private readonly string _firstBare;
    private byte[]? _expectedSignature;

    internal ScramClient(ScramAlgorithm algorithm, string user, string password, string nonce, int minimumIterations)
        : base(algorithm.Mechanism)
    {
        ArgumentException.ThrowIfNullOrEmpty(user);
        ArgumentNullException.ThrowIfNull(password);
        ArgumentOutOfRangeException.ThrowIfLessThan(minimumIterations, 1);
        SaslPrep.Prepare(password);
        _algorithm = algorithm;
        _password = password;
        _nonce = nonce;
        _minimumIterations = minimumIterations;
        _firstBare = $"n={ScramMessage.EscapeName(Encoding.UTF8.GetString(SaslPrep.Prepare(user)))},r={nonce}";
    }

    public override byte[] Start() => Encoding.UTF8.GetBytes(ChannelBinding + _firstBare);

    public override byte[] Respond(ReadOnlySpan<byte> challenge)
    {
        if (_expectedSignature is not null)
            throw new ProtocolException("the server sent a second SCRAM challenge");
        var first = ScramMessage.Parse(challenge);
        var nonce = first['r'];
        if (nonce.Length <= _nonce.Length || !nonce.StartsWith(_nonce, StringComparison.Ordinal))
            throw new ProtocolException("the server's SCRAM nonce does not begin with ours");
        var keys = new ScramKeys(_algorithm, _algorithm.SaltPassword(_password, SaltOf(first), IterationsOf(first)));

        var finalBare = $"c={Convert.ToBase64String(Encoding.ASCII.GetBytes(ChannelBinding))},r={nonce}";
        var authMessage = $"{_firstBare},{Encoding.UTF8.GetString(challenge)},{finalBare}";
        _expectedSignature = keys.ServerSignature(authMessage);
        return Encoding.UTF8.GetBytes($"{finalBare},p={Convert.ToBase64String(keys.ClientProof(authMessage))}");
    }

    public override void Finish(ReadOnlySpan<byte> last)
    {
        if (_expectedSignature is null)
            throw new ProtocolException("the server accepted SCRAM without a challenge");
        if (!CryptographicOperations.FixedTimeEquals(ScramMessage.Parse(last).BytesOf('v'), _expectedSignature))
            throw new ProtocolException("the server's SCRAM signature is wrong: it does not know the password");
    }

    internal static string NewNonce() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(NonceBytes));

    private static byte[] SaltOf(ScramMessage first)
    {
        var salt = first.BytesOf('s');
        return salt.Length > 0 ? salt : throw new ProtocolException("the server's SCRAM salt is empty");
    }

    private int IterationsOf(ScramMessage first)
    {
        if (!int.TryParse(first['i'], NumberStyles.None, CultureInfo.InvariantCulture, out var iterations))
            throw new ProtocolException("the server's SCRAM iteration count is not a number");
        if (iterations < _minimumIterations)
            throw new ProtocolException($"the server asks for {iterations} SCRAM iterations; fewer than {_minimumIterations} are too weak");
        return iterations <= MaximumIterations
            ? iterations
            : throw new ProtocolException($"the server asks for {iterations} SCRAM iterations; more than {MaximumIterations} are refused");
    }
}
