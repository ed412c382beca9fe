using System.Text;

namespace ActorDcp.Protocol.Sasl;

/// <summary>A SCRAM message as its attributes: <c>letter=value</c>, separated by commas (RFC 5802, section 5.1). Shared by clients and servers.</summary>
public sealed class ScramMessage
{
    private readonly Dictionary<char, string> _attributes = [];

    private ScramMessage()
    {
    }

    /// <summary>Takes a message apart.</summary>
    /// <exception cref="ProtocolException">It is not UTF-8, an attribute has no letter or comes twice, or an extension is mandatory.</exception>
    public static ScramMessage Parse(ReadOnlySpan<byte> message)
    {
        var parsed = new ScramMessage();
        foreach (var part in TextOf(message).Split(','))
        {
            if (part.Length < 2 || part[1] != '=' || !char.IsAsciiLetter(part[0]) || !parsed._attributes.TryAdd(part[0], part[2..]))
                throw new ProtocolException("a SCRAM message is malformed");
        }
        if (parsed._attributes.ContainsKey('m'))
            throw new ProtocolException("a SCRAM message demands an extension that we do not know");
        return parsed;
    }

    /// <summary>The attribute of a letter.</summary>
    /// <exception cref="ProtocolException">The message has none.</exception>
    public string this[char letter] =>
        _attributes.TryGetValue(letter, out var value) ? value : throw new ProtocolException($"a SCRAM message lacks '{letter}='");

    /// <summary>The attribute of a letter in base64.</summary>
    /// <exception cref="ProtocolException">The message has none, or it is not base64.</exception>
    public byte[] BytesOf(char letter)
    {
        try
        {
            return Convert.FromBase64String(this[letter]);
        }
        catch (FormatException error)
        {
            throw new ProtocolException($"'{letter}=' of a SCRAM message is not base64", error);
        }
    }

    /// <summary>Whether the message has an attribute.</summary>
    public bool Has(char letter) => _attributes.ContainsKey(letter);

    /// <summary>Writes a user name as an attribute's value: <c>=</c> and <c>,</c> have escapes.</summary>
    public static string EscapeName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.Replace("=", "=3D", StringComparison.Ordinal).Replace(",", "=2C", StringComparison.Ordinal);
    }

    /// <summary>Undoes <see cref="EscapeName"/>.</summary>
    /// <exception cref="ProtocolException">An equals sign begins no known escape.</exception>
    public static string UnescapeName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var plain = new StringBuilder(name.Length);
        for (var i = 0; i < name.Length; i++)
        {
            if (name[i] != '=')
            {
                plain.Append(name[i]);
                continue;
            }
            plain.Append(name.AsSpan(i) switch
            {
                ['=', '3', 'D', ..] => '=',
                ['=', '2', 'C', ..] => ',',
                _ => throw new ProtocolException("a SCRAM user name holds an unknown escape"),
            });
            i += 2;
        }
        return plain.ToString();
    }

    private static string TextOf(ReadOnlySpan<byte> message)
    {
        try
        {
            return new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(message);
        }
        catch (DecoderFallbackException error)
        {
            throw new ProtocolException("a SCRAM message is not UTF-8", error);
        }
    }
}
