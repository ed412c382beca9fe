namespace ActorDcp.Client;

/// <summary>User and password of a data node. Prints neither password nor anything derived from it.</summary>
public sealed class KvCredentials
{
    private readonly string? _password;
    private readonly string? _passwordFile;

    /// <summary>Makes credentials.</summary>
    public KvCredentials(string user, string password)
    {
        ArgumentException.ThrowIfNullOrEmpty(user);
        ArgumentNullException.ThrowIfNull(password);
        User = user;
        _password = password;
    }

    private KvCredentials(string user, string? password, string? passwordFile)
    {
        ArgumentException.ThrowIfNullOrEmpty(user);
        User = user;
        _password = password;
        _passwordFile = passwordFile;
    }

    /// <summary>Name of the user.</summary>
    public string User { get; }

    /// <summary>The password as it is now.</summary>
    /// <exception cref="KvConfigurationException">Its file cannot be read.</exception>
    internal string Password => _password ?? ReadFile(_passwordFile!);

    /// <summary>Credentials whose password is the first line of a file, read at each login, so that a rotated one is taken up.</summary>
    public static KvCredentials FromFile(string user, string passwordFile)
    {
        ArgumentException.ThrowIfNullOrEmpty(passwordFile);
        return new KvCredentials(user, null, passwordFile);
    }

    /// <summary>The user and three stars.</summary>
    public override string ToString() => $"{User}:***";

    private static string ReadFile(string file)
    {
        try
        {
            return File.ReadLines(file).FirstOrDefault() is { Length: > 0 } line
                ? line
                : throw new KvConfigurationException($"{file} is empty: put the password on its first line") { Setting = "PasswordFile" };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new KvConfigurationException($"{file} cannot be read: {exception.Message}", exception) { Setting = "PasswordFile" };
        }
    }
}
