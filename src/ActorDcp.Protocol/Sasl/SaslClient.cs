namespace ActorDcp.Protocol.Sasl;

/// <summary>
/// The client's side of one authentication (dcp-reference.md 2.3). Send <see cref="Start"/> with SASL_AUTH; while the status is
/// AUTH_CONTINUE answer with <see cref="Respond"/> in a SASL_STEP; on success call <see cref="Finish"/>, which checks that the server
/// knows the password too. One instance serves one attempt. Not thread-safe.
/// </summary>
public abstract class SaslClient
{
    private protected SaslClient(SaslMechanism mechanism) => Mechanism = mechanism;

    /// <summary>The mechanism.</summary>
    public SaslMechanism Mechanism { get; }

    /// <summary>Its name, the key of SASL_AUTH and SASL_STEP.</summary>
    public string Name => SaslMechanisms.NameOf(Mechanism);

    /// <summary>Begins an attempt.</summary>
    /// <param name="mechanism">How.</param>
    /// <param name="user">User name.</param>
    /// <param name="password">Password.</param>
    /// <param name="minimumIterations">Fewest iterations of key derivation that are accepted from a server, for SCRAM.</param>
    /// <exception cref="ArgumentException">Name or password hold a character that SASLprep prohibits.</exception>
    public static SaslClient Create(
        SaslMechanism mechanism, string user, string password, int minimumIterations = ScramClient.DefaultMinimumIterations) =>
        mechanism == SaslMechanism.Plain
            ? new PlainClient(user, password)
            : new ScramClient(ScramAlgorithm.Of(mechanism), user, password, ScramClient.NewNonce(), minimumIterations);

    /// <summary>The first message.</summary>
    public abstract byte[] Start();

    /// <summary>The answer to a challenge.</summary>
    /// <exception cref="ProtocolException">The challenge is malformed, not meant for us, or weaker than what we accept.</exception>
    public abstract byte[] Respond(ReadOnlySpan<byte> challenge);

    /// <summary>Checks the server's last words.</summary>
    /// <exception cref="ProtocolException">The server did not prove that it knows the password.</exception>
    public abstract void Finish(ReadOnlySpan<byte> last);
}
