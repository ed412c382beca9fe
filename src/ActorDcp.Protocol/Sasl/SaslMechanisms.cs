namespace ActorDcp.Protocol.Sasl;

/// <summary>Names of mechanisms, and the choice among those that a server offers.</summary>
public static class SaslMechanisms
{
    /// <summary>The name on the wire.</summary>
    public static string NameOf(SaslMechanism mechanism) => mechanism switch
    {
        SaslMechanism.Plain => "PLAIN",
        SaslMechanism.ScramSha1 => "SCRAM-SHA1",
        SaslMechanism.ScramSha256 => "SCRAM-SHA256",
        SaslMechanism.ScramSha512 => "SCRAM-SHA512",
        _ => throw new ArgumentOutOfRangeException(nameof(mechanism), mechanism, "no such mechanism"),
    };

    /// <summary>Reads a name in any case, as servers do.</summary>
    /// <returns>False when it is not one of ours.</returns>
    public static bool TryParse(ReadOnlySpan<char> name, out SaslMechanism mechanism)
    {
        foreach (var candidate in Enum.GetValues<SaslMechanism>())
        {
            mechanism = candidate;
            if (name.Equals(NameOf(candidate), StringComparison.OrdinalIgnoreCase))
                return true;
        }
        mechanism = default;
        return false;
    }

    /// <summary>
    /// Chooses as Couchbase's own clients do: over TLS PLAIN, which spares both sides the key derivation; in clear the strongest
    /// SCRAM, and never PLAIN.
    /// </summary>
    /// <param name="offered">Names separated by spaces, as SASL_LIST_MECHS answers.</param>
    /// <param name="encrypted">Whether the connection is encrypted.</param>
    /// <returns>Null when nothing fits.</returns>
    public static SaslMechanism? Choose(string offered, bool encrypted)
    {
        ArgumentNullException.ThrowIfNull(offered);
        SaslMechanism? best = null;
        foreach (var name in offered.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!TryParse(name, out var mechanism))
                continue;
            if (mechanism == SaslMechanism.Plain && encrypted)
                return mechanism;
            if (mechanism != SaslMechanism.Plain && (best is null || mechanism > best))
                best = mechanism;
        }
        return best;
    }
}
